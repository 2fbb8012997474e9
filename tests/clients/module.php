<?php
// A telegram as the official PHP module sends it: HTTP/1.0, its two malformed header lines, the client certificate
// with the passphrase that stands in its code, no check of the host name; read by its rules.
[, $pki, $fields] = $argv;
$curl = curl_init('https://sandbox.paygent.co.jp/n/card/request');
curl_setopt_array($curl, [
    CURLOPT_POST => true,
    CURLOPT_POSTFIELDS => $fields,
    CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_0,
    CURLOPT_HTTPHEADER => ['Content-Type=application/x-www-form-urlencoded', 'charset=Windows-31J', 'User-Agent: curl_php'],
    CURLOPT_SSLCERT => "$pki/client.pem",
    CURLOPT_SSLKEYPASSWD => 'changeit',
    CURLOPT_CAINFO => "$pki/ca.pem",
    CURLOPT_SSL_VERIFYPEER => true,
    CURLOPT_SSL_VERIFYHOST => 0,
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 35,
]);
$body = curl_exec($curl);
if ($body === false) {
    fwrite(STDERR, 'PHP: ' . curl_error($curl) . "\n");
    exit(1);
}
$values = [];
foreach (explode("\r\n", $body) as $line) {
    [$name, $value] = array_pad(explode('=', $line, 2), 2, '');
    $values[$name] = mb_convert_encoding($value, 'UTF-8', 'SJIS-win');
}
if (($values['result'] ?? '') !== '0' || $values['trading_id'] !== 'php1' || $values['payment_id'] === '') {
    fwrite(STDERR, "PHP: $body\n");
    exit(1);
}
echo "PHP through the proxy: ok, payment {$values['payment_id']}\n";
