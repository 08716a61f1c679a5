//! What tables and sections have in common: a caption, a place that scrolls by keyboard, a heading to point at.
//!
//! A table of class `stack` becomes a list of cards on a narrow page. Its roles are written out there, since a browser
//! forgets that a table is one as soon as its rows are laid out in another way.

use maud::{Markup, html};

/// A section with its heading.
pub(super) fn section(id: &str, heading: &str, content: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ (id) "-heading" } {
            h2 id={ (id) "-heading" } { (heading) }
            (content)
        }
    }
}

/// A table that may be wider than the page, in a region that scrolls.
pub(super) fn wide(caption: &str, class: &str, head: &Markup, body: &Markup) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(caption) {
            table class=(class) {
                caption { (caption) }
                thead { tr { (head) } }
                tbody { (body) }
            }
        }
    }
}

/// A table that becomes a list of cards on a narrow page; its rows are made by [`row`] and its cells by [`cell`].
pub(super) fn stack(caption: &str, class: &str, heads: &[&str], body: &Markup) -> Markup {
    html! {
        table class={ "stack " (class) } role="table" {
            caption { (caption) }
            thead role="rowgroup" {
                tr role="row" { @for head in heads { th scope="col" role="columnheader" { (head) } } }
            }
            tbody role="rowgroup" { (body) }
        }
    }
}

/// A row of a [`stack`], by its heading and its cells.
pub(super) fn row(heading: &Markup, cells: &Markup) -> Markup {
    html! { tr role="row" { th scope="row" role="rowheader" { (heading) } (cells) } }
}

/// A cell of a [`stack`], with the heading of its column for a narrow page.
pub(super) fn cell(head: &str, class: &str, content: &Markup) -> Markup {
    html! {
        td role="cell" class=[(!class.is_empty()).then_some(class)] {
            span class="head" aria-hidden="true" { (head) }
            div { (content) }
        }
    }
}

/// Headings of columns, the first of texts, the rest of figures.
pub(super) fn heads(first: &str, rest: &[&str]) -> Markup {
    html! {
        th scope="col" { (first) }
        @for head in rest { th scope="col" class="number" { (head) } }
    }
}

/// A section that has nothing to say says so.
pub(super) fn nothing(text: &str) -> Markup {
    html! { p class="soft" { (text) } }
}
