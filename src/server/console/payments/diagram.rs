//! A payment type's transitions, drawn from its table: where a payment is, where it was, where it can go.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::payment::{Payment, Status, Table, Trigger};
use crate::server::console::layout::View;
use crate::server::console::payments::{status_name, type_name, who};
use crate::text::Lang;
use crate::wire::catalog;

const NODE: (i32, i32) = (116, 46);
const STEP: (i32, i32) = (156, 84);
/// Room above the first lane for arcs that jump over columns.
const TOP: i32 = 66;

/// Where a status stands, in columns and lanes.
type Places = BTreeMap<Status, (i32, i32)>;

/// An arrow: everybody who can cause it.
struct Arrow {
    from: Status,
    to: Status,
    by: Vec<Trigger>,
}

/// The diagram of a table; with a payment, its status and next steps are marked.
pub(in crate::server::console) fn draw(view: &View, table: &Table, payment: Option<&Payment>) -> Markup {
    let arrows = arrows(table);
    let places = place(table, &arrows);
    let columns = places.values().map(|(column, _)| column + 1).max().unwrap_or(1);
    let lanes = places.values().map(|(_, lane)| lane + 1).max().unwrap_or(1);
    let (width, height) = (columns * STEP.0 - (STEP.0 - NODE.0) + 42, TOP + lanes * STEP.1);
    let now = payment.map(|payment| payment.status);
    let been = |status: Status| payment.is_some_and(|payment| payment.history.iter().any(|step| step.status == status));
    let next = |status: Status| arrows.iter().any(|arrow| Some(arrow.from) == now && arrow.to == status);
    let starts: Vec<Status> = table.transitions().filter(|row| row.from.is_none()).map(|row| row.to).collect();
    let title = match payment {
        Some(payment) => format!(
            "{}: {}",
            view.pick("状態遷移図。現在の状態", "State diagram. The present status"),
            match view.lang {
                Lang::Ja => status_name(payment.payment_type, payment.status),
                Lang::En => payment.status.to_string(),
            }
        ),
        None => view.pick("状態遷移図", "State diagram").to_owned(),
    };
    let label = format!("{} {}", view.pick("状態遷移図", "State diagram"), type_name(view, table.payment_type));
    html! {
        div .scroll.diagram tabindex="0" role="region" aria-label=(label) {
            svg role="img" aria-label=(title) width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) {
                defs {
                    @for class in ["arrow", "arrow-next"] {
                        marker id=(class) class=(class) viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"
                            orient="auto-start-reverse" { path d="M0 0 10 5 0 10z" {} }
                    }
                }
                @for arrow in &arrows { (self::arrow(view, arrow, &places, Some(arrow.from) == now)) }
                @for (status, place) in &places {
                    @let (x, y) = corner(*place);
                    @let class = match (Some(*status) == now, next(*status), been(*status)) {
                        (true, _, _) => "node now",
                        (_, true, _) => "node next",
                        (_, _, true) => "node been",
                        _ => "node",
                    };
                    @if starts.contains(status) {
                        circle .start cx=(x - 22) cy=(y + NODE.1 / 2) r="5" {}
                        path .edge d=(format!("M{} {}H{}", x - 17, y + NODE.1 / 2, x - 2)) marker-end="url(#arrow)" {}
                    }
                    g class=(class) {
                        rect x=(x) y=(y) width=(NODE.0) height=(NODE.1) rx="7" {}
                        text .code x=(x + NODE.0 / 2) y=(y + 18) { (status) }
                        text .name x=(x + NODE.0 / 2) y=(y + 35) lang="ja" {
                            (short(catalog().status_name(table.payment_type, *status)))
                        }
                        title lang="ja" { (status_name(table.payment_type, *status)) }
                    }
                }
            }
        }
    }
}

/// The possible next steps in words.
pub(super) fn next_steps(view: &View, table: &Table, payment: &Payment) -> Markup {
    let arrows = arrows(table);
    let next: Vec<&Arrow> = arrows.iter().filter(|arrow| arrow.from == payment.status).collect();
    html! {
        @if next.is_empty() {
            p .quiet { (view.pick("これ以上の遷移はありません。", "This is an end: no further step is possible.")) }
        } @else {
            ul .steps {
                @for arrow in next {
                    li {
                        b lang="ja" { (status_name(table.payment_type, arrow.to)) } " ← "
                        (arrow.by.iter().map(|by| who(view, &by.to_string())).collect::<Vec<_>>().join(" / "))
                    }
                }
            }
        }
    }
}

fn arrows(table: &Table) -> Vec<Arrow> {
    let mut arrows: Vec<Arrow> = Vec::new();
    for row in table.transitions() {
        let Some(from) = row.from.filter(|from| *from != row.to) else { continue };
        match arrows.iter_mut().find(|arrow| (arrow.from, arrow.to) == (from, row.to)) {
            Some(arrow) if !arrow.by.contains(&row.by) => arrow.by.push(row.by),
            Some(_) => {}
            None => arrows.push(Arrow { from, to: row.to, by: vec![row.by] }),
        }
    }
    arrows
}

/// Columns by the longest way from a start; lanes close to where a status comes from, the busiest first.
fn place(table: &Table, arrows: &[Arrow]) -> Places {
    let mut columns: BTreeMap<Status, i32> = table.statuses().into_iter().map(|status| (status, 0)).collect();
    // As many rounds as there are statuses reach every way without a circle; arrows back in a circle end it.
    for _ in 0..columns.len() {
        for arrow in arrows.iter().filter(|arrow| !leads_back(arrow, arrows)) {
            let column = columns.get(&arrow.from).copied().unwrap_or_default() + 1;
            let known = columns.entry(arrow.to).or_default();
            *known = column.max(*known);
        }
    }
    let mut places = Places::new();
    for column in 0..=columns.values().copied().max().unwrap_or_default() {
        let mut here: Vec<(i32, i32, Status)> = columns
            .iter()
            .filter(|(_, known)| **known == column)
            .map(|(status, _)| {
                let lanes: Vec<i32> = arrows
                    .iter()
                    .filter(|arrow| arrow.to == *status)
                    .filter_map(|arrow| places.get(&arrow.from).map(|(_, lane)| *lane))
                    .collect();
                let lane = lanes.iter().sum::<i32>().checked_div(i32::try_from(lanes.len()).unwrap_or(1)).unwrap_or(0);
                let leaving = arrows.iter().filter(|arrow| arrow.from == *status).count();
                (lane, -i32::try_from(leaving).unwrap_or(0), *status)
            })
            .collect();
        here.sort_unstable();
        let mut free = 0;
        for (wanted, _, status) in here {
            let lane = wanted.max(free);
            places.insert(status, (column, lane));
            free = lane + 1;
        }
    }
    places
}

/// Whether an arrow closes a circle: its end leads to its start, and the end has the lower code.
fn leads_back(arrow: &Arrow, arrows: &[Arrow]) -> bool {
    if arrow.to > arrow.from {
        return false;
    }
    let mut reached = vec![arrow.to];
    let mut at = 0;
    while let Some(status) = reached.get(at).copied() {
        for next in arrows
            .iter()
            .filter(|other| other.from == status && !reached.contains(&other.to))
            .map(|other| other.to)
            .collect::<Vec<_>>()
        {
            reached.push(next);
        }
        at += 1;
    }
    reached.contains(&arrow.from)
}

fn corner((column, lane): (i32, i32)) -> (i32, i32) {
    (32 + column * STEP.0, TOP + lane * STEP.1)
}

fn arrow(view: &View, arrow: &Arrow, places: &Places, next: bool) -> Markup {
    let (Some(from), Some(to)) = (places.get(&arrow.from), places.get(&arrow.to)) else { return html! {} };
    let ((x1, y1), (x2, y2)) = (corner(*from), corner(*to));
    let middle = NODE.1 / 2;
    let (path, label) = if to.0 <= from.0 {
        // Back or up and down: below both.
        let (a, b) = ((x1 + NODE.0 / 2, y1 + NODE.1), (x2 + NODE.0 / 2, y2 + NODE.1));
        let low = a.1.max(b.1) + 34;
        (format!("M{} {}C{} {low} {} {low} {} {}", a.0, a.1, a.0, b.0, b.0, b.1 + 2), ((a.0 + b.0) / 2, low - 8))
    } else if to.0 - from.0 > 1 && from.1 == to.1 {
        // Over what stands between.
        let high = y1 - 22 - 12 * (to.0 - from.0 - 1);
        let (a, b) = (x1 + NODE.0 * 3 / 4, x2 + NODE.0 / 4);
        (format!("M{a} {y1}C{} {high} {} {high} {b} {}", a + 24, b - 24, y2 - 2), ((a + b) / 2, (y1 + 3 * high) / 4))
    } else {
        let (a, b) = ((x1 + NODE.0, y1 + middle), (x2, y2 + middle));
        let bend = (b.0 - a.0) / 2;
        let path = format!("M{} {}C{} {} {} {} {} {}", a.0, a.1, a.0 + bend, a.1, b.0 - bend, b.1, b.0 - 2, b.1);
        // Close to the end, where arrows that left together have parted.
        let at = if from.1 == to.1 { ((a.0 + b.0) / 2, a.1 - 6) } else { (b.0 - 30, b.1 - 7) };
        (path, at)
    };
    let full = arrow.by.iter().map(|by| who(view, &by.to_string())).collect::<Vec<_>>().join(" / ");
    html! {
        g .edges.next[next] {
            path .edge d=(path) marker-end=(if next { "url(#arrow-next)" } else { "url(#arrow)" }) {}
            text .by x=(label.0) y=(label.1) { (abbreviated(view, &arrow.by)) }
            title { (arrow.from) " → " (arrow.to) ": " (full) }
        }
    }
}

/// Who can cause an arrow, in a few letters.
fn abbreviated(view: &View, by: &[Trigger]) -> String {
    let word = |by: &Trigger| match by {
        Trigger::Telegram(kind) => kind.to_string(),
        Trigger::Shopper => view.pick("購入者", "buyer").to_owned(),
        Trigger::Vendor => view.pick("機関", "vendor").to_owned(),
        Trigger::Tool => view.pick("ツール", "tool").to_owned(),
        Trigger::MerchantSite => "PGOL".to_owned(),
        Trigger::Clock => view.pick("時間", "time").to_owned(),
    };
    // The merchants' site does what telegrams do; the words below the picture name all.
    let telegrams = by.iter().any(|by| matches!(by, Trigger::Telegram(_)));
    let words: Vec<String> = by.iter().filter(|by| !(telegrams && **by == Trigger::MerchantSite)).map(word).collect();
    match words.len() {
        0..=1 => words.concat(),
        more => format!("{} +{}", words[0], more - 1),
    }
}

/// A name that fits into its box.
fn short(name: &str) -> String {
    if name.chars().count() <= 10 { name.to_owned() } else { name.chars().take(9).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::METHODS;

    #[test]
    fn no_two_statuses_stand_at_the_same_place() {
        for table in METHODS.iter().flat_map(|method| method.tables()) {
            let places = place(table, &arrows(table));
            let mut taken: Vec<(i32, i32)> = places.values().copied().collect();
            taken.sort_unstable();
            taken.dedup();
            assert_eq!(taken.len(), table.statuses().len(), "{:?}", table.payment_type);
        }
    }
}
