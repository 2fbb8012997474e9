# A telegram as the Ruby gems send it: all parameters in the query of a POST without a body, the certificate with the
# passphrase that stands in their code, no check of the host name; read by their rules, which see a name only after a
# line feed and a value only before a carriage return.

require "curb"

pki, fields = ARGV
client = Curl::Easy.new("https://sandbox.paygent.co.jp/n/card/request?#{fields}")
client.cacert = "#{pki}/ca.pem"
client.cert = "#{pki}/client.pem"
client.certpassword = "changeit"
client.ssl_verify_host = 0
client.timeout = 35
client.headers["charset"] = "Windows-31J"
client.headers["User-Agent"] = "curl_php"
client.http_post("")
answer = client.body_str.dup.force_encoding("Windows-31J").encode("UTF-8")
values = answer.scan(/\n([^=\r\n]+)=([^\r\n]*)\r/).to_h
abort "Ruby: #{answer}" unless values["result"] == "0" && values["trading_id"] == "ruby1"
puts "Ruby through the proxy: ok, payment #{values["payment_id"]}"
