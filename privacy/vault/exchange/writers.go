package exchange

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf8"

	"lamplight/privacy/vault"
)

type markdownWriter struct {
	out   io.Writer
	style Style
	next  bool // not the first conversation
}

func (w *markdownWriter) begin() error { return nil }
func (w *markdownWriter) end() error   { return nil }

func (w *markdownWriter) thread(h vault.Thread) error {
	var b strings.Builder
	if w.next {
		b.WriteString("\n---\n\n")
	}
	w.next = true
	fmt.Fprintf(&b, "# %s\n", escapeMarkdown(w.style.title(h.Conversation)))
	for _, m := range shown(h) {
		fmt.Fprintf(&b, "\n**%s** · %s\n\n%s\n", escapeMarkdown(w.style.speaker(m.Role)), w.style.time(m.Created), closeFences(m.Text))
	}
	_, err := io.WriteString(w.out, b.String())
	return err
}

var markdownMarks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`,
	"&", `\&`, "#", `\#`)

func escapeMarkdown(s string) string { return markdownMarks.Replace(s) }

// closeFences ends a code block that a message has left open: it would swallow the messages after it.
func closeFences(text string) string {
	open := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		indented := strings.TrimLeft(line, " ")
		if len(line)-len(indented) > 3 {
			continue
		}
		fence := indented[:len(indented)-len(strings.TrimLeft(indented, "`"))]
		if fence == "" {
			fence = indented[:len(indented)-len(strings.TrimLeft(indented, "~"))]
		}
		switch {
		case len(fence) < 3:
		case open == "" && (fence[0] == '~' || !strings.Contains(indented[len(fence):], "`")):
			open = fence
		case open != "" && fence == indented && fence[0] == open[0] && len(fence) >= len(open):
			open = ""
		}
	}
	text = strings.TrimRight(text, "\n")
	if open != "" {
		text += "\n" + open
	}
	return text
}

type textWriter struct {
	out   io.Writer
	style Style
	next  bool
}

func (w *textWriter) begin() error { return nil }
func (w *textWriter) end() error   { return nil }

func (w *textWriter) thread(h vault.Thread) error {
	var b strings.Builder
	if w.next {
		b.WriteString("\n\n")
	}
	w.next = true
	title := w.style.title(h.Conversation)
	fmt.Fprintf(&b, "%s\n%s\n", title, strings.Repeat("=", max(3, min(80, utf8.RuneCountInString(title)))))
	for _, m := range shown(h) {
		fmt.Fprintf(&b, "\n[%s] %s:\n%s\n", w.style.time(m.Created), w.style.speaker(m.Role), strings.TrimRight(m.Text, "\n"))
	}
	_, err := io.WriteString(w.out, b.String())
	return err
}

type htmlWriter struct {
	out   io.Writer
	style Style
}

// The page may load and run nothing, whatever a message has in it.
const htmlHead = `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Lamplight</title>
<style>
body { font: 1rem/1.5 sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
article { border-top: 1px solid #ccc; }
h2 { font-size: 0.9rem; margin: 1.5rem 0 0.25rem; }
time { font-weight: normal; color: #666; }
p { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
</style>
</head>
<body>
`

func (w *htmlWriter) begin() error {
	_, err := io.WriteString(w.out, htmlHead)
	return err
}

func (w *htmlWriter) end() error {
	_, err := io.WriteString(w.out, "</body>\n</html>\n")
	return err
}

func (w *htmlWriter) thread(h vault.Thread) error {
	var b strings.Builder
	fmt.Fprintf(&b, "<article>\n<h1>%s</h1>\n", html.EscapeString(w.style.title(h.Conversation)))
	for _, m := range shown(h) {
		fmt.Fprintf(&b, "<h2>%s <time>%s</time></h2>\n<p>%s</p>\n",
			html.EscapeString(w.style.speaker(m.Role)), w.style.time(m.Created), html.EscapeString(m.Text))
	}
	b.WriteString("</article>\n")
	_, err := io.WriteString(w.out, b.String())
	return err
}

// shareGPTWriter writes a line for each conversation that has messages.
type shareGPTWriter struct{ out io.Writer }

type shareGPTLine struct {
	ID            string         `json:"id"`
	Conversations []shareGPTTurn `json:"conversations"`
}

type shareGPTTurn struct {
	From  string `json:"from"`
	Value string `json:"value"`
}

func (w *shareGPTWriter) begin() error { return nil }
func (w *shareGPTWriter) end() error   { return nil }

func (w *shareGPTWriter) thread(h vault.Thread) error {
	line := shareGPTLine{ID: h.Conversation.UID.String()}
	for _, m := range shown(h) {
		from := m.Role
		switch m.Role {
		case user:
			from = "human"
		case assistant:
			from = "gpt"
		}
		line.Conversations = append(line.Conversations, shareGPTTurn{from, m.Text})
	}
	if len(line.Conversations) == 0 {
		return nil
	}
	return encode(w.out, line)
}

// encode writes a value as a line of JSON, with <, > and & as they are.
func encode(out io.Writer, value any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// The roles of messages.
const (
	user      = "user"
	assistant = "assistant"
)
