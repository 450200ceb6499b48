// Package measure says how fast a model runs and how far its answers are from another's.
//
//	Run          loads a model and takes the times of prefill and decode
//	PeakRSS      the memory this process has needed
//	Start        the processor time and the energy that some work of this process takes
//	KL           Kullback–Leibler divergence of two rows of logits
//	Divergence   the same over the positions of a text, with how often the top token agrees
//	ReadText     perplexity of a model on a text
//	Compare      two models on a text: divergence, perplexity of both, their sizes and speeds
//
// It measures through package engine as an application would use it, so that a number means what a user gets.
package measure
