//! What can go wrong with an emulator, and why it did not start.

use thiserror::Error as ThisError;

use crate::emulator::StartError;
use crate::method::UpdateError;
use crate::pki::PkiError;

/// Why something was not done. What was asked for was then not done at all.
///
/// Refusals that a shop would get, such as a card that is not authorized, are no errors: they are an
/// [`Answer`](crate::Answer).
///
/// ```
/// use paygent_emulator::{Emulator, Error};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Error> {
/// let emulator = Emulator::start().await?;
/// match emulator.transition("12345678", "40").await {
///     Err(Error::UnknownPayment(payment_id)) => assert_eq!(payment_id, "12345678"),
///     other => panic!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// It did not start; the text says what is wrong and what to do.
    #[error(transparent)]
    Start(Box<dyn std::error::Error + Send + Sync>),
    /// The files of its certificates cannot be used any more.
    #[error(transparent)]
    Certificates(Box<dyn std::error::Error + Send + Sync>),
    /// There is no such merchant.
    #[error("there is no merchant {0}")]
    UnknownMerchant(String),
    /// There is no such payment.
    #[error("there is no payment {0}")]
    UnknownPayment(String),
    /// The emulator plays no telegram of this kind.
    #[error("there is no telegram of kind {0}")]
    UnknownTelegram(String),
    /// The state of things does not allow it, such as paying what is paid already.
    #[error("{reason}")]
    Forbidden {
        /// Which rule forbids it.
        reason: String,
    },
    /// A value is wrong.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which: a setting of a merchant, an input of the test tool, a parameter.
        field: String,
        /// What would be right.
        reason: String,
    },
}

impl Error {
    pub(super) fn certificates(error: PkiError) -> Error {
        Error::Certificates(Box::new(error))
    }

    pub(super) fn invalid(field: &str, reason: impl Into<String>) -> Error {
        Error::Invalid { field: field.to_owned(), reason: reason.into() }
    }

    /// Why it did not start, if that is what it says.
    pub(crate) fn start(&self) -> Option<&StartError> {
        match self {
            Error::Start(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Error {
        Error::Start(Box::new(error))
    }
}

impl From<UpdateError> for Error {
    fn from(error: UpdateError) -> Error {
        match error {
            UpdateError::Forbidden { reason } => Error::Forbidden { reason: reason.to_string() },
            UpdateError::Invalid { field, reason } => Error::Invalid { field, reason: reason.to_string() },
        }
    }
}
