//! Chromium, driven through chromedriver's own HTTP interface (the W3C's `WebDriver`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::keeper;
use super::part::Part;
use super::programs::{built, clean, tool};
use super::{World, wait_for, wait_until};

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// One browser window with a profile of its own.
pub(crate) struct Browser {
    session: String,
    agent: ureq::Agent,
    /// On disk: a profile is too large to live in memory.
    profile: TempDir,
}

/// So many pixels of a page's height.
const MOST_DRAWN: i64 = 16_000;

impl World {
    /// Opens Chromium with a fresh profile.
    #[track_caller]
    pub(crate) fn browser(&self) -> Browser {
        self.browser_with(&json!({}))
    }

    /// As [`World::browser`], with JavaScript switched off.
    #[track_caller]
    pub(crate) fn browser_without_scripts(&self) -> Browser {
        self.browser_with(&json!({ "profile.managed_default_content_settings.javascript": 2 }))
    }

    #[track_caller]
    fn browser_with(&self, preferences: &Value) -> Browser {
        let profile = tempfile::Builder::new().prefix("gk-profile-").tempdir().unwrap();
        let mut arguments: Vec<String> = ARGUMENTS.iter().map(|&argument| argument.to_owned()).collect();
        keeper::opened(profile.path());
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let options = json!({ "binary": tool("chromium"), "args": arguments, "prefs": preferences });
        let wish =
            json!({ "capabilities": { "alwaysMatch": { "browserName": "chrome", "goog:chromeOptions": options } } });
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
        let mut browser = Browser { session: self.chromedriver() + "/session", agent: config.into(), profile };
        let made = browser.post("", &wish);
        browser.session = format!("{}/{}", browser.session, made["sessionId"].as_str().expect("a session has an id"));
        browser
    }

    /// Where chromedriver listens; started at the first question.
    fn chromedriver(&self) -> String {
        let mut running = self.chromedriver.lock().unwrap();
        let (_, address) = running.get_or_insert_with(|| {
            // It draws a port and then needs it on both families: on one of them it may be taken.
            let started = (0..5).find_map(|_| {
                let mut command = clean(&tool("chromedriver"));
                command.arg("--port=0").env("HOME", self.folder());
                let mut part = Part::start("chromedriver", &mut command, self.folder().join("chromedriver.log"));
                part.word_or_end("started successfully on port ").map(|at| (part, at))
            });
            let (part, at) = started.expect("chromedriver finds a free port in five attempts");
            (part, format!("http://127.0.0.1:{}", at.trim_end_matches('.')))
        });
        address.clone()
    }
}

/// The script of axe-core, which finds what keeps people from using a page.
#[track_caller]
pub(crate) fn axe() -> &'static str {
    static SCRIPT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let found = built().join("../venv/lib").read_dir().into_iter().flatten().flatten();
        let mut scripts = found.map(|folder| folder.path().join("site-packages/axe_playwright_python/axe.min.js"));
        let script =
            scripts.find(|path| path.exists()).expect("axe-core is missing. Please run: sh tests/install.sh test");
        std::fs::read_to_string(script).expect("it can be read")
    });
    &SCRIPT
}

impl Browser {
    /// Opens a page and waits until it has loaded.
    #[track_caller]
    pub(crate) fn goto(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Where the window is now.
    #[track_caller]
    pub(crate) fn url(&self) -> String {
        self.get("/url").as_str().expect("a window has a URL").to_owned()
    }

    /// Waits until the window's URL fulfils `condition`.
    #[track_caller]
    pub(crate) fn wait_for_url(&self, what: &str, condition: impl Fn(&str) -> bool) {
        wait_until(&format!("the browser to come to {what}, it is at {}", self.url()), || condition(&self.url()));
    }

    /// The page's visible text.
    #[track_caller]
    pub(crate) fn text(&self) -> String {
        self.text_of("body")
    }

    /// Waits for an element and gives its visible text.
    #[track_caller]
    pub(crate) fn text_of(&self, css: &str) -> String {
        let text = self.on_element(css, "GET", "text", None);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Opens another window and turns to it; returns the one left behind.
    #[track_caller]
    pub(crate) fn open_window(&self) -> String {
        let left = self.window();
        let made = self.call("POST", "/window/new", Some(&json!({ "type": "tab" }))).expect("another window");
        self.switch_to(made["handle"].as_str().expect("it has a handle"));
        left
    }

    /// The window it is turned to.
    #[track_caller]
    pub(crate) fn window(&self) -> String {
        self.get("/window").as_str().expect("a window has a handle").to_owned()
    }

    /// Turns to a window.
    #[track_caller]
    pub(crate) fn switch_to(&self, window: &str) {
        self.post("/window", &json!({ "handle": window }));
    }

    /// Loads the page again.
    #[track_caller]
    pub(crate) fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// Presses the back button.
    #[track_caller]
    pub(crate) fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// Runs a script in the page, with rights no page of ours gives one.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script that calls its last argument when it is done; gives what it is called with.
    #[track_caller]
    pub(crate) fn run_later(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// The page's markup.
    #[track_caller]
    pub(crate) fn source(&self) -> String {
        self.get("/source").as_str().unwrap_or_default().to_owned()
    }

    /// The element a CSS selector names first.
    pub(crate) fn find(&self, css: &str) -> Option<String> {
        let found = self.call("POST", "/element", Some(&json!({ "using": "css selector", "value": css }))).ok()?;
        Some(found[ELEMENT].as_str()?.to_owned())
    }

    /// Waits for an element and clicks it.
    #[track_caller]
    pub(crate) fn click(&self, css: &str) {
        self.on_element(css, "POST", "click", Some(&json!({})));
    }

    /// Waits for a field and types into it.
    #[track_caller]
    pub(crate) fn write(&self, css: &str, text: &str) {
        self.on_element(css, "POST", "value", Some(&json!({ "text": text })));
    }

    /// Shows pages as a window of this width does, in a colour scheme: `light` or `dark`.
    #[track_caller]
    pub(crate) fn looks(&self, width: u32, scheme: &str) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.develop("Emulation.setDeviceMetricsOverride", &size);
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.develop("Emulation.setEmulatedMedia", &features);
    }

    /// How many pixels the page is wider than its window.
    #[track_caller]
    pub(crate) fn overflow(&self) -> i64 {
        let script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        let wider = self.post("/execute/sync", &json!({ "script": script, "args": [] }));
        wider.as_i64().expect("a number of pixels")
    }

    /// Leaves a picture of the page, as far down as Chromium draws in one piece, in `pictures` under `target`, for somebody to look at.
    #[track_caller]
    pub(crate) fn picture(&self, name: &str) {
        let size = "return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]";
        let size = self.post("/execute/sync", &json!({ "script": size, "args": [] }));
        let (width, height) = (size[0].as_i64().unwrap_or_default(), size[1].as_i64().unwrap_or_default());
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height.min(MOST_DRAWN), "scale": 1 });
        let taken = self.develop("Page.captureScreenshot", &json!({ "captureBeyondViewport": true, "clip": clip }));
        let picture = STANDARD.decode(taken["data"].as_str().unwrap_or_default()).expect("a picture in base64");
        let folder = built().join("../pictures");
        std::fs::create_dir_all(&folder).expect("target can be written");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("target can be written");
    }

    #[track_caller]
    fn develop(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Names and values of the cookies this page would send.
    #[track_caller]
    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        let cookies = self.get("/cookie");
        let text = |cookie: &Value, key: &str| cookie[key].as_str().unwrap_or_default().to_owned();
        cookies.as_array().into_iter().flatten().map(|cookie| (text(cookie, "name"), text(cookie, "value"))).collect()
    }

    /// Waits for an element and does something with it. One that goes with its page in between is looked for again.
    #[track_caller]
    fn on_element(&self, css: &str, method: &str, what: &str, body: Option<&Value>) -> Value {
        wait_for(&format!("`{css}` at {}", self.url()), || {
            let element = self.find(css)?;
            self.call(method, &format!("/element/{element}/{what}"), body).ok()
        })
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.call("GET", path, None).unwrap_or_else(|error| panic!("chromedriver, {path}: {error}"))
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, Some(body)).unwrap_or_else(|error| panic!("chromedriver, {path}: {error}"))
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let answer = match (method, body) {
            ("DELETE", _) => self.agent.delete(&url).call(),
            (_, Some(body)) => self.agent.post(&url).content_type("application/json").send(body.to_string()),
            _ => self.agent.get(&url).call(),
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
        let mut value: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        if answer.status().is_success() {
            Ok(value["value"].take())
        } else {
            Err(value["value"]["message"].to_string())
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("---- the browser is at ----\n{:?}", self.call("GET", "/url", None));
        }
        // Closes the window and Chromium with it; should that fail, the keeper does it.
        if self.call("DELETE", "", None).is_ok() {
            keeper::closed(self.profile.path());
        }
    }
}
