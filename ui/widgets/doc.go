// Package widgets holds the controls that Lamplight's pages are made of.
//
// They present and report, nothing more: a widget gets text and numbers through its methods and tells what the user did
// through callbacks. None of them reads a file, starts a goroutine or knows the model. All methods must be called on the
// goroutine that runs the user interface.
//
// The long one is [StreamView], the conversation. It holds text of any length and keeps only what is visible in the tree of
// canvas objects, so that appending a token costs the same at five hundred and at five hundred thousand characters.
//
// Colours and sizes come from the theme by name. Beside Fyne's names the widgets use the ones declared in names.go, which the
// application's theme resolves. Every control can be reached and used by the keyboard, shows where the focus is, and has a
// text: a label on it, or a tooltip when the window's content is a [TooltipLayer].
package widgets
