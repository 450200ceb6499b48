package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"lamplight/assets/starter"
)

// tellStories writes stories as Markdown, each with the choice that made it, as they come from the model. The same model and
// seed give the same text.
func (c *call) tellStories(ctx context.Context, e *starterEval, seed uint64, n int) error {
	for i := range n {
		// Other choices than those of the measures.
		choice, text, _, err := e.tell(ctx, rand.New(rand.NewPCG(^seed, uint64(i))))
		if err != nil {
			return about(e.path, err)
		}
		title, body, _ := strings.Cut(text, "\n\n")
		fmt.Fprintf(c.out, "\n## %d. %s\n\n%s\n\n%s\n", i+1, title, ticked(choice), body)
	}
	return nil
}

// ticked is a choice for somebody to read, in the order of the page.
func ticked(c starter.Choice) string {
	var parts []string
	for _, g := range starter.Groups() {
		if list := c[g.ID]; len(list) > 0 {
			parts = append(parts, g.Label+": "+strings.Join(list, ", "))
		}
	}
	return "*" + strings.Join(parts, " · ") + "*"
}
