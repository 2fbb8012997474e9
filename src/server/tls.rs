//! stub
#![allow(missing_docs)]
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::{net::TcpListener, sync::watch};
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ClientAuth {
    Required,
    Any,
    Off,
}
#[derive(Debug, thiserror::Error)]
#[error("tls")]
pub struct TlsError;
pub struct Tls;
impl Tls {
    pub fn new(_: &crate::pki::Pki, _: ClientAuth, _: Option<&Path>) -> Result<Tls, TlsError> {
        Ok(Tls)
    }
}
pub struct Peer {
    pub remote: SocketAddr,
    pub certificate: ClientCertificate,
}
pub enum ClientCertificate {
    Absent,
    Accepted { subject: String, issuer: String },
    Refused { subject: String, reason: String, remedy: String },
}
#[derive(Clone, Default)]
pub struct Limits;
pub struct HandshakeRefusal {
    pub remote: SocketAddr,
    pub reason: String,
    pub remedy: String,
}
pub async fn serve(
    _: TcpListener,
    _: Tls,
    _: axum::Router,
    _: Limits,
    _: watch::Receiver<bool>,
    _: Arc<dyn Fn(HandshakeRefusal) + Send + Sync>,
) {
}
pub async fn serve_plain(_: TcpListener, _: axum::Router, _: Limits, _: watch::Receiver<bool>) {}
