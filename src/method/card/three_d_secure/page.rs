//! The pages that lead the buyer from the shop to the issuer. Clients know their shapes.

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

/// The page of 3-D Secure 1.0. Old clients find form and fields by counting its lines from 0: the
/// form on 11, `PaReq` on 13, `TermUrl` on 14, `MD` on 15.
pub(super) fn acs_page(base_url: &str, md: &str) -> String {
    let acs = html! { (format!("{base_url}/3ds/acs")) }.into_string();
    let lines = [
        "".to_owned(),
        "<html>".to_owned(),
        "<head>".to_owned(),
        "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=Shift_JIS\">".to_owned(),
        "<title>3-D Secure</title>".to_owned(),
        "<script type=\"text/javascript\">".to_owned(),
        "function OnLoadEvent() {".to_owned(),
        "document.getElementById('submitForm').submit();".to_owned(),
        "}".to_owned(),
        "</script>".to_owned(),
        "</head>".to_owned(),
        "<body onload=\"OnLoadEvent();\">".to_owned(),
        format!("<form name=\"submitForm\" id=\"submitForm\" method=\"POST\" action=\"{acs}\">"),
        "<noscript><input type=\"submit\" value=\"Continue\"></noscript>".to_owned(),
        format!("<input type=\"hidden\" name=\"PaReq\" value=\"{md}\">"),
        format!("<input type=\"hidden\" name=\"TermUrl\" value=\"{acs}\">"),
        format!("<input type=\"hidden\" name=\"MD\" value=\"{md}\">"),
        "</form>".to_owned(),
        "</body>".to_owned(),
        "</html>".to_owned(),
    ];
    lines.join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_clients_find_the_form_by_counting_lines() {
        let page = acs_page("https://localhost", "md");
        // The first line break ends the line of the field's name.
        let lines: Vec<&str> = page.strip_prefix("\r\n").unwrap().split("\r\n").collect();
        for (at, part) in [(11, "action="), (13, "PaReq"), (14, "TermUrl"), (15, "\"MD\"")] {
            assert!(lines[at].contains(part), "{at}: {}", lines[at]);
        }
    }
}
