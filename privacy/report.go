package privacy

import (
	"fmt"
	"strings"
)

// Text renders the report for people who want to send it to somebody. It has nothing of the user's: no name, no
// folder, no words.
func (r Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Lamplight privacy report\nSystem: %s\n", r.System)
	if r.Enforced {
		fmt.Fprintf(&b, "Network: closed by %s\n", r.Mechanism)
	} else {
		fmt.Fprintf(&b, "Network: not closed. %s\n", r.Reason)
	}
	b.WriteString("\nLayers\n")
	for _, l := range r.Layers {
		state := "holds"
		if !l.Holds {
			state = "does not hold"
		}
		fmt.Fprintf(&b, "- %s (%s): %s\n  %s\n  %s%s\n", l.Name, l.By, state, l.Does, l.Checked, inBrackets(l.Answer))
	}
	b.WriteString("\nAttempts\n")
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "- %s: %s%s", c.Name, c.Got, inBrackets(c.Answer))
		if !c.OK {
			fmt.Fprintf(&b, ", should be %s", c.Want)
		}
		b.WriteByte('\n')
	}
	b.WriteString("\nOpen sockets\n")
	for _, s := range r.Sockets {
		fmt.Fprintf(&b, "- %s: %s\n", s.Family, s.String())
	}
	if len(r.Sockets) == 0 {
		b.WriteString("- none were seen\n")
	}
	return b.String()
}

// String is what is at the other end of the socket.
func (s Socket) String() string {
	text := s.Purpose
	if s.Address != "" {
		text += ", " + s.Address
	}
	if s.Program != "" {
		text += " (" + s.Program + ")"
	}
	return text
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
