package ui

import (
	"embed"
	"sync"

	"fyne.io/fyne/v2/lang"
)

// The window's sentences stand in the code, in English, and are the keys of their translations. The English
// catalogue therefore has only what is counted: the singular beside the plural.
//
//go:embed translations
var translations embed.FS

// loadTranslations hands the catalogues to package lang, once.
var loadTranslations = sync.OnceValue(func() error { return lang.AddTranslationsFS(translations, "translations") })
