//! The page that takes the buyer from the shop to the authentication.

use maud::{PreEscaped, html};

use crate::wire::Name;

/// The page that takes the buyer to ours by a form that submits itself.
///
/// It has the shape that all clients need (`card_3ds2.md` section 3): it begins on the line after the field's name; a
/// shop plugin puts the head into a comment, prints the rest into its own page and submits the form by its name.
pub(super) fn start_page(action: &str, name: Name, value: &str) -> String {
    let body = html! {
        form name="submitForm" id="submitForm" method="POST" action=(action) {
            (PreEscaped("\r\n"))
            input type="hidden" name=(name) value=(value);
            (PreEscaped("\r\n"))
            noscript {
                p { "本人認証サービスの画面へ進みます。Continue to the authentication of your card." }
                input type="submit" value="次へ / Continue";
            }
            (PreEscaped("\r\n"))
        }
    };
    format!(
        "\r\n<html>\r\n<head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=UTF-8\">\r\n\
         <title>3-D Secure</title>\r\n<script type=\"text/javascript\">\r\nfunction OnLoadEvent() {{\r\n\
         document.getElementById('submitForm').submit();\r\n}}\r\n</script>\r\n</head>\r\n\
         <body onload=\"OnLoadEvent();\">\r\n{}\r\n</body>\r\n</html>",
        body.into_string()
    )
}
