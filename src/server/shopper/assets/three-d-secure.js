// The page of device data goes on by itself.
document.getElementById('go-on').submit();
