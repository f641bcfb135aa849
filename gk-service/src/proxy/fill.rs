//! A template with values in the place of its `{{names}}`.

/// A name and what stands for it.
pub(super) type Value<'v> = (&'static str, &'v str);

/// Fills a template in. A line that is only a name takes as many lines as the value has, each as far in as the name, and
/// goes with an empty one. Values are not looked through for names; a name without a value is a mistake in the template.
pub(super) fn fill(template: &str, values: &[Value<'_>]) -> String {
    template.lines().map(|line| filled_line(line, values)).collect()
}

fn filled_line(line: &str, values: &[Value<'_>]) -> String {
    let text = line.trim_start();
    let indent = line.get(..line.len() - text.len()).unwrap_or_default();
    let alone = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    if let Some(name) = alone.filter(|name| !name.contains('}')) {
        let far_in = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{indent}{line}\n") };
        return value(name, values).lines().map(far_in).collect();
    }
    let mut parts = line.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").expect("the tests fill every template");
        filled.push_str(value(name, values));
        filled.push_str(rest);
    }
    filled + "\n"
}

fn value<'v>(name: &str, values: &[Value<'v>]) -> &'v str {
    let found = values.iter().find(|(known, _)| *known == name);
    found.expect("the tests fill every template").1
}
