//! stub
#![allow(missing_docs)]
pub async fn serve(
    _: tokio::net::TcpListener,
    _: std::net::SocketAddr,
    _: bool,
    _: tokio::sync::watch::Receiver<bool>,
) {
}
