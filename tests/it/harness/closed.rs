//! An address at which nobody answers, and at which nobody else will while it is held.

use std::net::SocketAddr;
use tokio::net::TcpSocket;

/// A port that is taken and does not listen: whoever connects is refused.
pub(crate) struct Closed(TcpSocket);

impl Closed {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self(socket)
    }

    pub(crate) fn url(&self) -> String {
        let address: SocketAddr = self.0.local_addr().unwrap();
        format!("http://{address}")
    }
}
