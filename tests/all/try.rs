use crate::world::*;
#[test]
fn browser_works() {
    let w = World::empty(&[]);
    let b = w.browser();
    b.goto(&format!("http://x.gk.localhost:{}/hello?a=1", w.app().address().port()));
    assert!(b.text().contains("the app answers"), "{}", b.text());
    eprintln!("{} {} {:?}", b.url(), b.source(), b.cookies());
    eprintln!("{:?}", w.app().seen());
    let b2 = w.browser();
    b2.goto(&format!("http://x.gk.localhost:{}/two", w.app().address().port()));
    let c = Certificates::make(&w.folder().join("tls"));
    eprintln!("{}", w.folder().display());
    std::process::Command::new("openssl")
        .args(["x509", "-noout", "-text", "-in"])
        .arg(w.folder().join("tls/server.pem"))
        .status()
        .unwrap();
    std::process::Command::new("openssl")
        .arg("verify")
        .arg("-CAfile")
        .arg(c.authority())
        .arg(w.folder().join("tls/server.pem"))
        .status()
        .unwrap();
}
