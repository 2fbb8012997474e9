// A telegram as the official Java module sends it: HTTP/1.1 without keeping the connection, the certificate from the
// PKCS#12 file, the server's name and certificate checked as the JVM does, through the proxy of -Dhttps.proxyHost and
// -Dhttps.proxyPort; read by its rules.

import java.io.FileInputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class Module {
    public static void main(String[] arguments) throws Exception {
        String pki = arguments[0];
        char[] passphrase = "changeit".toCharArray();
        KeyStore client = KeyStore.getInstance("PKCS12");
        try (FileInputStream file = new FileInputStream(pki + "/client.p12")) {
            client.load(file, passphrase);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(client, passphrase);
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (FileInputStream file = new FileInputStream(pki + "/ca.pem")) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);

        URI address = URI.create("https://sandbox.paygent.co.jp/n/card/request");
        HttpsURLConnection connection = (HttpsURLConnection) address.toURL().openConnection();
        connection.setSSLSocketFactory(tls.getSocketFactory());
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setConnectTimeout(35_000);
        connection.setReadTimeout(35_000);
        connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded; charset=Windows-31J");
        connection.setRequestProperty("User-Agent", "Java");
        connection.setRequestProperty("Connection", "close");
        Charset windows31j = Charset.forName("Windows-31J");
        StringBuilder body = new StringBuilder();
        for (String pair : arguments[1].split("&")) {
            String[] parts = pair.split("=", 2);
            body.append(body.length() == 0 ? "" : "&");
            body.append(parts[0]).append('=').append(URLEncoder.encode(parts[1], windows31j));
        }
        connection.getOutputStream().write(body.toString().getBytes("US-ASCII"));

        String answer = new String(connection.getInputStream().readAllBytes(), windows31j);
        Map<String, String> values = new HashMap<>();
        for (String line : answer.split("\r?\n")) {
            String[] parts = line.split("=", 2);
            values.put(parts[0], parts.length > 1 ? parts[1] : "");
        }
        if (connection.getResponseCode() != 200 || !"0".equals(values.get("result")) || !"java1".equals(values.get("trading_id"))) {
            System.err.println("Java: " + answer);
            System.exit(1);
        }
        System.out.println("Java through the proxy: ok, payment " + values.get("payment_id"));
    }
}
