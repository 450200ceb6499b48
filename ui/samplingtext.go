package ui

import "fyne.io/fyne/v2/lang"

// This file says what a number does at its value. The words for where one step ends and the next begins are about what
// the small models that this program is for do there.

func saysTemperature(v float64) string {
	switch {
	case v == 0:
		return lang.L("Always the likeliest word: the same question gets the same answer.")
	case v < 0.4:
		return lang.L("Careful: stays with likely words, and repeats itself more easily.")
	case v < 0.8:
		return lang.L("Calm: likely words, with some variety.")
	case v <= 1.1:
		return lang.L("Lively: words as often as the model learned them.")
	case v <= 1.5:
		return lang.L("Bold: more surprises, and more mistakes.")
	}
	return lang.L("Wild: it loses the thread and rambles.")
}

func saysTopK(v float64) string {
	data := map[string]any{"N": grouped(int64(v))}
	switch {
	case v == 0:
		return lang.L("Any word may be chosen, however unlikely.")
	case v == 1:
		return lang.L("Only the likeliest word, whatever the temperature.")
	case v <= 20:
		return lang.L("A narrow choice, the {{.N}} likeliest words: steady and plain.", data)
	case v <= 100:
		return lang.L("A choice of the {{.N}} likeliest words.", data)
	}
	return lang.L("A wide choice, the {{.N}} likeliest words: rare ones come up.", data)
}

func saysTopP(v float64) string {
	data := map[string]any{"N": hundredths(v), "Rest": hundredths(1 - v)}
	switch {
	case v == 0 || v == 1:
		return lang.L("No unlikely word is left out.")
	case v < 0.6:
		return lang.L("Only the words that share the likeliest {{.N}} %: steady and plain.", data)
	case v < 0.9:
		return lang.L("The words that share the likeliest {{.N}} %.", data)
	}
	return lang.L("The unlikeliest {{.Rest}} % are left out.", data)
}

func saysMinP(v float64) string {
	data := map[string]any{"N": hundredths(v)}
	switch {
	case v == 0:
		return lang.L("No word is left out for being unlikelier than the likeliest.")
	case v <= 0.1:
		return lang.L("Words less than {{.N}} % as likely as the likeliest are left out.", data)
	}
	return lang.L("Only words at least {{.N}} % as likely as the likeliest: steady and plain.", data)
}

func saysPenalty(v float64) string {
	switch {
	case v < 1:
		return lang.L("What was just said becomes likelier: it repeats itself.")
	case v == 1:
		return lang.L("Off: nothing is held against repeating.")
	case v <= 1.15:
		return lang.L("What was just said becomes a little less likely.")
	case v <= 1.5:
		return lang.L("What was just said becomes much less likely, even where it is needed.")
	}
	return lang.L("So strong that it avoids words it needs, and sentences break.")
}

// hundredths writes a share of 1 in hundredths.
func hundredths(v float64) string {
	return number(float64(int64(v*10000+0.5)) / 100)
}
