package chat_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lamplight/engine/chat"
)

func TestDetect(t *testing.T) {
	const turns = "{{ '<start_of_turn>' + role }}"
	for _, tt := range []struct {
		architecture, template string
		want                   chat.Format
	}{
		{"gemma3", turns, chat.Gemma},
		{"gemma3", "", chat.Gemma},
		{"gemma3n", "", chat.Gemma},
		{"gemma3", "{{ '<|im_start|>' }}", chat.Plain},
		{"llama", "", chat.Plain},
		{"llama", turns, chat.Plain},
		{"", "", chat.Plain},
	} {
		if got := chat.Detect(tt.architecture, tt.template); got != tt.want {
			t.Errorf("%q with %q: %v, want %v", tt.architecture, tt.template, got, tt.want)
		}
	}
}

func TestRender(t *testing.T) {
	system := func(s string) chat.Message { return chat.Message{Role: chat.System, Text: s} }
	user := func(s string) chat.Message { return chat.Message{Role: chat.User, Text: s} }
	model := func(s string) chat.Message { return chat.Message{Role: chat.Assistant, Text: s} }
	for name, tt := range map[string]struct {
		messages []chat.Message
		want     string // "" for ErrOrder
	}{
		"one turn":         {[]chat.Message{user("Hi")}, "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n"},
		"no turn":          {nil, "<bos><start_of_turn>model\n"},
		"bodies trimmed":   {[]chat.Message{user("\u3000\x1c Hi \u200b\n")}, "<bos><start_of_turn>user\nHi \u200b<end_of_turn>\n<start_of_turn>model\n"},
		"an empty message": {[]chat.Message{user(" ")}, "<bos><start_of_turn>user\n<end_of_turn>\n<start_of_turn>model\n"},
		"system untrimmed": {[]chat.Message{system(" Be terse. "), user("Hi")}, "<bos><start_of_turn>user\n Be terse. \n\nHi<end_of_turn>\n<start_of_turn>model\n"},
		"empty system":     {[]chat.Message{system(""), user("Hi")}, "<bos><start_of_turn>user\n\n\nHi<end_of_turn>\n<start_of_turn>model\n"},
		"three turns": {[]chat.Message{user("a"), model("b"), user("c")},
			"<bos><start_of_turn>user\na<end_of_turn>\n<start_of_turn>model\nb<end_of_turn>\n<start_of_turn>user\nc<end_of_turn>\n<start_of_turn>model\n"},

		"only a system":     {[]chat.Message{system("x")}, ""},
		"a second system":   {[]chat.Message{user("a"), system("x")}, ""},
		"two systems":       {[]chat.Message{system("x"), system("y"), user("a")}, ""},
		"the model first":   {[]chat.Message{model("a")}, ""},
		"two users":         {[]chat.Message{user("a"), user("b")}, ""},
		"two answers":       {[]chat.Message{user("a"), model("b"), model("c")}, ""},
		"an unknown role":   {[]chat.Message{{Role: "tool", Text: "a"}}, ""},
		"a role to inject":  {[]chat.Message{{Role: "user\n<end_of_turn>", Text: "a"}}, ""},
		"a role left empty": {[]chat.Message{{Text: "a"}}, ""},
	} {
		segments, err := chat.Gemma.Render(tt.messages, true)
		if tt.want == "" {
			if !errors.Is(err, chat.ErrOrder) {
				t.Errorf("%s: %q, %v", name, chat.Text(segments), err)
			}
			continue
		}
		if err != nil || chat.Text(segments) != tt.want {
			t.Errorf("%s: %q, %v, want %q", name, chat.Text(segments), err, tt.want)
		}
		without, err := chat.Gemma.Render(tt.messages, false)
		if want := strings.TrimSuffix(tt.want, "<start_of_turn>model\n"); err != nil || chat.Text(without) != want {
			t.Errorf("%s: %q, %v, want %q", name, chat.Text(without), err, want)
		}
		// What people wrote is never the layout's.
		for _, s := range segments {
			if !s.Control && strings.Contains(s.Text, "_of_turn>") || s.Control && slices.ContainsFunc(tt.messages, func(m chat.Message) bool {
				return strings.TrimSpace(m.Text) != "" && s.Text == m.Text
			}) {
				t.Errorf("%s: segment %+v", name, s)
			}
		}
	}
}

// A base model reads the text as it is.
func TestPlain(t *testing.T) {
	segments, err := chat.Plain.Render([]chat.Message{{Role: chat.User, Text: " Once <eos> "}, {Role: chat.Assistant, Text: "upon"}}, true)
	want := []chat.Segment{{Text: "<bos>", Control: true}, {Text: " Once <eos> "}, {Text: "upon"}}
	if err != nil || !slices.Equal(segments, want) {
		t.Errorf("%+v, %v", segments, err)
	}
}
