// Package gatekeeper is what a block for Traefik asks gk-validate with: a middleware, interpreted by Traefik itself.
//
// It stands in plugins-local/src/gatekeeper/gatekeeper.go, below the folder Traefik works in. Beside it, .traefik.yml:
//
//	displayName: Gatekeeper
//	type: middleware
//	import: gatekeeper
//	summary: Asks gk-validate
//	testData: {}
//
// and in Traefik's own configuration: experimental.localPlugins.gatekeeper.moduleName: gatekeeper
package gatekeeper

import (
	"context"
	"errors"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Config is what a block says of its app.
type Config struct {
	Validate, AuthHost, AuthURL, Slug, Block, URL, Authority string
	// What to tell search engines; nothing: nothing.
	Noindex string
}

// CreateConfig says nothing yet.
func CreateConfig() *Config { return &Config{} }

type gate struct {
	*Config
	next   http.Handler
	client *http.Client
}

var (
	// Names that say who somebody is or what was asked for; with other characters such as "_" too: many apps read X_Auth_User as X-Auth-User.
	taken = regexp.MustCompile(`(?i)[^a-z0-9-]|^(X-Auth-|X-WebAuth-|X-Forwarded-|X-Original-|X-Remote-|Remote-|X-GK-|X-Rewrite-URL$|Forwarded$|Proxy$)`)
	html  = regexp.MustCompile(`(?i)(^|[\s,])text/html\b`)
	whole = regexp.MustCompile(`^https?://[^/?#]+([^#]*)`)
	token = regexp.MustCompile(`(?i)(^|,)\s*bearer[ \t]+gk_`)
)

// New makes the middleware of one app. Without all of it there is none, and Traefik answers 404.
func New(_ context.Context, next http.Handler, config *Config, _ string) (http.Handler, error) {
	for _, value := range []string{config.Validate, config.AuthHost, config.AuthURL, config.Slug, config.Block, config.URL, config.Authority} {
		if value == "" {
			return nil, errors.New("gatekeeper: the block is not whole")
		}
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		dialer := net.Dialer{Timeout: time.Second}
		if strings.HasPrefix(config.Validate, "unix:") {
			return dialer.DialContext(ctx, "unix", strings.TrimPrefix(config.Validate, "unix:"))
		}
		return dialer.DialContext(ctx, "tcp", config.Validate)
	}
	client := &http.Client{
		Timeout:       2 * time.Second,
		Transport:     &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 32, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &gate{Config: config, next: next, client: client}, nil
}

// ServeHTTP goes on to the app only after a 200 of gk-validate.
func (g *gate) ServeHTTP(out http.ResponseWriter, request *http.Request) {
	if g.Noindex != "" {
		out.Header().Set("X-Robots-Tag", g.Noindex)
	}
	if path := strings.SplitN(request.RequestURI, "?", 2)[0]; path == "/logout" || path == "/signout" {
		out.Header().Set("Cache-Control", "no-store")
		out.Header().Set("Location", g.AuthURL+"/signout?redirect="+g.URL+"/")
		out.WriteHeader(302)
		return
	}
	answer, err := g.ask(request.Header)
	if err != nil {
		g.refuse(out, request, 0)
		return
	}
	_ = answer.Body.Close()
	if answer.StatusCode != 200 {
		g.refuse(out, request, answer.StatusCode)
		return
	}
	g.clean(request)
	for _, name := range []string{"X-Auth-User", "X-Auth-Name", "X-Auth-Role", "X-Auth-Groups"} {
		if value := answer.Header.Get(name); value != "" {
			request.Header.Set(name, value)
		}
	}
	// A page the browser kept does not open after sign-out. Traefik adds what the app says to this; the stricter counts.
	out.Header().Set("Cache-Control", "private, no-cache")
	g.next.ServeHTTP(out, request)
}

// Of what the client said gk-validate gets cookies and keys.
func (g *gate) ask(said http.Header) (*http.Response, error) {
	question, err := http.NewRequest("GET", "http://gk-validate/api/v1/auth/validate", nil)
	if err != nil {
		return nil, err
	}
	question.Host = g.AuthHost
	for _, name := range []string{"Cookie", "Authorization", "X-Gk-Token"} {
		for _, value := range said[name] {
			question.Header.Add(name, value)
		}
	}
	question.Header.Set("X-GK-App", g.Slug)
	question.Header.Set("X-GK-Block", g.Block)
	return g.client.Do(question)
}

// What the app gets: nothing a client invented, no session, no key of ours, and no upgrade but a WebSocket's.
func (g *gate) clean(request *http.Request) {
	header := request.Header
	for name := range header {
		if taken.MatchString(name) {
			delete(header, name)
		}
	}
	var cookies []string
	for _, part := range strings.Split(strings.Join(header["Cookie"], ";"), ";") {
		if part = strings.TrimSpace(part); part != "" && !strings.HasPrefix(part, "gk_session=") {
			cookies = append(cookies, part)
		}
	}
	header.Del("Cookie")
	if len(cookies) > 0 {
		header.Set("Cookie", strings.Join(cookies, "; "))
	}
	if token.MatchString(strings.Join(header["Authorization"], ",")) {
		header.Del("Authorization")
	}
	header.Del("Connection")
	if !strings.EqualFold(header.Get("Upgrade"), "websocket") {
		header.Del("Upgrade")
	} else {
		header.Set("Connection", "Upgrade")
	}
	request.Host = g.Authority
	request.Trailer = http.Header{}
	header.Set("X-Forwarded-Host", g.Authority)
	header.Set("X-Forwarded-Proto", "http")
	if request.TLS != nil {
		header.Set("X-Forwarded-Proto", "https")
	}
	// Traefik adds X-Forwarded-For itself.
	if host, _, err := net.SplitHostPort(request.RemoteAddr); err == nil {
		header.Set("X-Real-Ip", host)
	}
}

const closed = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Please try again</title></head><body><main><h1>Please try again in a moment</h1><p>The service that checks access does not answer, so this page stays closed. Nothing is wrong with your account.</p></main></body></html>
`

// Answers who is not let in. "redirect" is last: it is not encoded, so everything behind the first is one address.
func (g *gate) refuse(out http.ResponseWriter, request *http.Request, verdict int) {
	out.Header().Set("Cache-Control", "no-store")
	target := g.AuthURL + "/signin?redirect=" + g.URL
	if verdict == 403 {
		target = g.AuthURL + "/request-access?app=" + g.Slug + "&redirect=" + g.URL
	} else if verdict != 401 {
		out.Header().Set("Retry-After", "5")
		out.Header().Set("Content-Type", "text/html; charset=utf-8")
		out.WriteHeader(503)
		_, _ = out.Write([]byte(closed))
		return
	}
	if isPage(request) {
		out.Header().Set("Location", target+request.RequestURI)
		verdict = 302
	} else if request.Header.Get("HX-Request") != "" {
		out.Header().Set("HX-Redirect", target+htmxPath(request))
	}
	out.WriteHeader(verdict)
}

// Is this a person opening a page? Browsers say so themselves; where nothing is said, a request for HTML counts.
func isPage(request *http.Request) bool {
	said := request.Header.Get
	if (request.Method != "GET" && request.Method != "HEAD") || said("HX-Request") != "" {
		return false
	}
	if mode := said("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate" && !strings.EqualFold(said("X-Requested-With"), "XMLHttpRequest")
	}
	return said("X-Requested-With") == "" && html.MatchString(said("Accept"))
}

// After sign-in htmx goes back to the whole page. Only the path is taken from what the client says.
func htmxPath(request *http.Request) string {
	found := whole.FindStringSubmatch(request.Header.Get("HX-Current-URL"))
	if found == nil {
		return request.RequestURI
	}
	if strings.HasPrefix(found[1], "/") {
		return found[1]
	}
	return "/"
}
