// Package brief makes the toolkit forget sooner what is no longer seen. It is imported for that alone:
//
//	import _ "lamplight/ui/brief"
//
// Fyne keeps a picture of every text that was drawn, and the size of every one that was measured, for a minute. While an answer
// is written its last line and what is counted below it are other texts thirty times a second, which comes to 100 MB. How long Fyne
// keeps them it reads from the environment when its packages are initialized, which is before main begins. Go initializes
// packages in the order of their paths, each as soon as all that it imports are; this one imports next to nothing, and Fyne much that
// comes later. A test of package ui sees to that.
package brief

import "os"

// forgetAfter is how long Fyne keeps what is not drawn. It looks for what to keep ten seconds before that is over, so less would
// have it look all the time.
const forgetAfter = "12s"

func init() {
	const name = "FYNE_CACHE"
	if _, set := os.LookupEnv(name); !set {
		_ = os.Setenv(name, forgetAfter) // what fails costs memory only
	}
}
