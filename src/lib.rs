//! An independent emulator of the Paygent payment gateway.
