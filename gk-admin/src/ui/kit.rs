//! The pieces pages are made of: every table, badge, field, select, confirmation, notice and row of pages is from here.
//! They are what `style.css` draws, and work without JavaScript.

use gk_service::model::Direction;
use maud::{Markup, html};

use super::paths;

/// What a badge or a notice says by its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Waits,
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Waits => "waits",
            Self::Bad => "bad",
        }
    }
}

/// A word in a rounded frame.
pub(super) fn badge(tone: Tone, word: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (word) } }
}

/// A sentence that stands out: what was just done, or what stands in the way. Screen readers say it at once.
pub(super) fn notice(tone: Tone, sentence: &Markup) -> Markup {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    html! { div class={ "notice " (tone.class()) } role=(role) { (sentence) } }
}

/// A sentence about what was just done. It goes away by itself where there is movement; screen readers say it at once.
pub(super) fn toast(sentence: &str) -> Markup {
    html! { p.toast role="status" { (sentence) } }
}

/// So many of something, in words.
pub(super) fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What stands where a list would, if it had something in it.
pub(super) fn empty(sentence: &str) -> Markup {
    html! { p.empty { (sentence) } }
}

/// What somebody wrote, with its line breaks.
pub(super) fn quote(text: &str) -> Markup {
    html! { blockquote { (text) } }
}

/// A refusal as a sentence.
pub(super) fn sentence(problem: &str) -> String {
    let mut letters = problem.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if problem.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// A person: their name if it is known, and always their address.
pub(super) fn person(fullname: &str, email: &str) -> Markup {
    html! {
        @if !fullname.is_empty() { strong { (fullname) } " " }
        span.address { (email) }
    }
}

/// A labelled control. `control` carries the id and, if there is a hint, `aria-describedby="ID-hint"`.
pub(super) fn field(id: &str, label: &str, hint: Option<&str>, control: &Markup) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            (control)
            @if let Some(hint) = hint { p.hint id={ (id) "-hint" } { (hint) } }
        }
    }
}

/// Who a sign-in mail is asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called {
    ByEmail,
    ByEmailOrName,
}

/// The field that says whom the sign-in mail is for. `known` is what it begins with.
pub(super) fn email_field(name: &str, called: Called, known: Option<&str>) -> Markup {
    let (label, kind) = match called {
        Called::ByEmail => ("Your e-mail", "email"),
        Called::ByEmailOrName => ("Your e-mail or user name", "text"),
    };
    field(
        "email",
        label,
        Some("No password: we mail you a link."),
        &html! {
            input #email type=(kind) name=(name) value=[known] inputmode="email" autocomplete="username" autocapitalize="none"
                spellcheck="false" maxlength="254" required autofocus aria-describedby="email-hint";
        },
    )
}

/// The field for a code from a mail, and what was wrong with the one that was typed.
pub(super) fn code_field(problem: Option<&str>) -> Markup {
    html! {
        div.field {
            label for="code" { "Code from the mail" }
            input #code .code type="text" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false"
                maxlength="20" required autofocus aria-describedby=[problem.map(|_| "code-problem")];
            @if let Some(problem) = problem { p.problem #code-problem role="alert" { (problem) } }
        }
    }
}

/// Signs out, and comes back to this address to sign in as somebody else.
pub(super) fn use_another_account(address: &str) -> Markup {
    html! {
        form method="post" action=(paths::then(paths::SIGNOUT, address)) {
            button.quiet type="submit" { "Use another account" }
        }
    }
}

/// A choice: pairs of value and label.
pub(super) fn select(id: &str, name: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        select id=(id) name=(name) {
            @for (value, label) in options { option value=(value) selected[*value == chosen] { (label) } }
        }
    }
}

/// A form that opens at a second thought: for what is not to happen by one click.
pub(super) fn confirm(summary: &str, form: &Markup) -> Markup {
    confirm_begun(summary, false, form)
}

/// The same; open if it was sent already, in vain.
pub(super) fn confirm_begun(summary: &str, begun: bool, form: &Markup) -> Markup {
    html! { details.confirm open[begun] { summary { (summary) } div.confirmed { (form) } } }
}

/// What stands above a column.
pub(super) enum Heading<'h> {
    Text(&'h str),
    /// That column is for what can be done.
    Nothing,
    /// A link that sorts by it; the direction if it is sorted so.
    Sorts(&'h str, String, Option<Direction>),
    /// A box that ticks all those of this name below it.
    Ticks(&'h str),
}

impl Heading<'_> {
    fn label(&self) -> &str {
        match self {
            Self::Text(label) | Self::Sorts(label, ..) => label,
            Self::Nothing | Self::Ticks(_) => "",
        }
    }

    fn cell(&self) -> Markup {
        match self {
            Self::Text(label) => html! { th scope="col" { (label) } },
            Self::Nothing => html! { th scope="col" { span.unseen { "What to do" } } },
            Self::Ticks(name) => html! {
                th.tick scope="col" { input type="checkbox" data-ticks=(name) aria-label="All on this page"; }
            },
            Self::Sorts(label, href, sorted) => {
                let (word, arrow) = match sorted {
                    Some(Direction::Ascending) => ("ascending", " ↑"),
                    Some(Direction::Descending) => ("descending", " ↓"),
                    None => ("none", ""),
                };
                html! { th scope="col" aria-sort=(word) { a href=(href) { (label) span aria-hidden="true" { (arrow) } } } }
            }
        }
    }
}

/// A table whose rows become cards where it is narrow. A heading may be empty: that column is for what can be done.
pub(super) fn table(caption: &str, headings: &[&str], rows: &[Vec<Markup>]) -> Markup {
    let headings = headings.iter().map(|label| if label.is_empty() { Heading::Nothing } else { Heading::Text(label) });
    table_under(caption, &headings.collect::<Vec<_>>(), rows)
}

/// The same, with headings that do something.
pub(super) fn table_under(caption: &str, headings: &[Heading<'_>], rows: &[Vec<Markup>]) -> Markup {
    html! {
        table {
            caption.unseen { (caption) }
            thead { tr { @for heading in headings { (heading.cell()) } } }
            tbody {
                @for row in rows { tr { @for (heading, cell) in headings.iter().zip(row) {
                    td class=[matches!(heading, Heading::Ticks(_)).then_some("tick")] data-label=(heading.label()) { (cell) }
                } } }
            }
        }
    }
}

/// One of the ways to look at something.
pub(super) struct Tab<'t> {
    pub(super) href: &'t str,
    pub(super) label: &'t str,
    /// How much is behind it, if that matters.
    pub(super) count: Option<i64>,
    pub(super) here: bool,
}

/// A row of them.
pub(super) fn tabs(label: &str, tabs: &[Tab<'_>]) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for tab in tabs {
                a href=(tab.href) aria-current=[tab.here.then_some("page")] {
                    (tab.label)
                    @if let Some(count) = tab.count.filter(|count| *count > 0) { " " span.count { (count) } }
                }
            }
        }
    }
}

/// Which part of a list is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    /// From 1.
    page: i64,
    per_page: i64,
}

impl Paging {
    /// Reads `page=` of a query; what is no page is the first.
    pub(super) fn of(page: Option<i64>) -> Self {
        Self { page: page.unwrap_or(1).clamp(1, 100_000), per_page: 25 }
    }

    /// The same with more to a page, for lists that are looked through.
    pub(super) fn long(page: Option<i64>) -> Self {
        Self { per_page: 50, ..Self::of(page) }
    }

    /// The last part of a list of this length, if this one is past its end.
    pub(super) fn within(self, total: i64) -> Self {
        Self { page: self.page.min(self.last(total)), ..self }
    }

    pub(super) fn number(self) -> i64 {
        self.page
    }

    /// Whether nothing comes after this part of a list of that length.
    pub(super) fn is_last(self, total: i64) -> bool {
        self.page >= self.last(total)
    }

    fn last(self, total: i64) -> i64 {
        ((total + self.per_page - 1) / self.per_page).max(1)
    }

    pub(super) fn skip(self) -> i64 {
        (self.page - 1) * self.per_page
    }

    pub(super) fn most(self) -> i64 {
        self.per_page
    }

    /// Links to the parts before and after, if the list is longer than one.
    pub(super) fn links(self, total: i64, href: impl Fn(i64) -> String) -> Markup {
        let last = self.last(total);
        html! {
            @if last > 1 {
                nav.paging aria-label="Pages" {
                    @if self.page > 1 { a href=(href(self.page - 1)) rel="prev" { "Previous" } }
                    span { "Page " (self.page) " of " (last) }
                    @if self.page < last { a href=(href(self.page + 1)) rel="next" { "Next" } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_from_one_and_only_shown_if_there_are_several() {
        let links = |page, total| Paging::of(page).links(total, |page| format!("?page={page}")).into_string();
        assert_eq!(links(None, 25), "");
        assert!(links(Some(-7), 26).contains("Page 1 of 2") && !links(Some(-7), 26).contains("Previous"));
        assert!(links(Some(2), 26).contains("?page=1") && !links(Some(2), 26).contains("Next"));
        assert_eq!((Paging::of(Some(3)).skip(), Paging::of(Some(i64::MAX)).most()), (50, 25));
    }

    #[test]
    fn what_people_wrote_stays_text() {
        let page = html! { (quote("<b>&")) (person("<i>", "a@b.c")) (badge(Tone::Good, "<u>")) }.into_string();
        assert!(!page.contains("<b>") && !page.contains("<i>") && !page.contains("<u>"), "{page}");
    }
}
