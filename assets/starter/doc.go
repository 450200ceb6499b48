// Package starter has what the starter model is made of: the options of the page Story, what a model is asked for a story,
// and all text that the starter is trained on and measured with. It was written for this project, and nothing is taken from
// elsewhere.
//
//	c := starter.Choice{starter.Heroes: {"a little fox", "Mia"}, starter.Place: {"the old forest"}}
//	prompt := starter.StoryPrompt(c)
//	for row := range starter.Rows(1, starter.Train, 100_000) { … }
//
// Text is composed by grammars (grammar.go, the files in data): stories (story.go, tell.go), sentences with the mistakes that
// people make in them (sentence.go, mistakes.go), the same thing said in several ways (style.go), and questions about the
// program and about everything else (question.go). What chance decides depends on a seed, so that the same text comes out
// every time. A hash of what is asked says whether it is to learn from or to measure with (split.go).
package starter
