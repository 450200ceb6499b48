package discover

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const maxSettings = 4 << 20 // bytes of another application's settings

// downloadsDepth keeps the search out of what was unpacked among the downloads.
const downloadsDepth = 2

// Places returns where applications, and people, keep models on a system, whether or not these places exist. It reads
// the settings of the applications that let models be kept elsewhere. home is the user's home folder, getenv is
// os.Getenv and goos runtime.GOOS.
func Places(home string, getenv func(string) string, goos string) []Place {
	b := bases{home: home, getenv: getenv, goos: goos}
	b.applications()
	b.add(Folder, 0, filepath.Join(home, "models"))
	b.add(Folder, 0, filepath.Join(home, "Models"))
	b.add(Folder, downloadsDepth, filepath.Join(home, "Downloads"))
	if goos == "linux" {
		dirs, _ := readFile(filepath.Join(b.env("XDG_CONFIG_HOME", ".config"), "user-dirs.dirs"), maxSettings)
		b.add(Folder, downloadsDepth, parseUserDirs(dirs, home))
	}
	return b.places
}

// bases knows where a system keeps what, and collects places.
type bases struct {
	home   string
	getenv func(string) string
	goos   string
	places []Place
}

// add adds a place unless the path is empty or there already.
func (b *bases) add(app string, depth int, path string) {
	if path == "" || !filepath.IsAbs(path) {
		return
	}
	path = filepath.Clean(path)
	if !slices.ContainsFunc(b.places, func(p Place) bool { return p.Path == path }) {
		b.places = append(b.places, Place{App: app, Path: path, depth: depth})
	}
}

// env is the folder that an environment variable names, else the one at otherwise below the home folder.
func (b *bases) env(name, otherwise string) string {
	if path := b.expand(b.getenv(name)); filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(b.home, filepath.FromSlash(otherwise))
}

// expand makes a path of one that may begin with the sign for the home folder.
func (b *bases) expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		return filepath.Join(b.home, rest)
	}
	return path
}

// data, roaming and cache are the folders for what programs keep.
func (b *bases) data() string {
	return b.pick("XDG_DATA_HOME", ".local/share", "Library/Application Support", "LOCALAPPDATA", "AppData/Local")
}

func (b *bases) roaming() string {
	return b.pick("XDG_DATA_HOME", ".local/share", "Library/Application Support", "APPDATA", "AppData/Roaming")
}

func (b *bases) cache() string {
	return b.pick("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA", "AppData/Local")
}

func (b *bases) pick(variable, linux, darwin, windowsVariable, windows string) string {
	switch b.goos {
	case "windows":
		return b.env(windowsVariable, windows)
	case "darwin":
		return filepath.Join(b.home, filepath.FromSlash(darwin))
	}
	return b.env(variable, linux)
}

// applications adds the places of other applications; what the user has chosen comes before what is usual.
func (b *bases) applications() {
	b.add(Ollama, 0, b.expand(b.getenv("OLLAMA_MODELS")))
	b.add(Ollama, 0, filepath.Join(b.home, ".ollama", "models"))
	if b.goos == "linux" { // as a service
		b.add(Ollama, 0, "/usr/share/ollama/.ollama/models")
		b.add(Ollama, 0, "/var/lib/ollama/.ollama/models")
	}

	studio := filepath.Join(b.home, ".lmstudio")
	settings, _ := readFile(filepath.Join(studio, "settings.json"), maxSettings) // without any, the usual folder is in use
	b.add(LMStudio, 0, b.expand(parseSetting(settings, "downloadsFolder")))
	b.add(LMStudio, 0, filepath.Join(studio, "models"))
	b.add(LMStudio, 0, filepath.Join(b.home, ".cache", "lm-studio", "models"))

	b.add(HuggingFace, 0, b.expand(b.getenv("HF_HUB_CACHE")))
	b.add(HuggingFace, 0, b.expand(b.getenv("HUGGINGFACE_HUB_CACHE")))
	if hf := b.expand(b.getenv("HF_HOME")); hf != "" {
		b.add(HuggingFace, 0, filepath.Join(hf, "hub"))
	}
	b.add(HuggingFace, 0, filepath.Join(b.env("XDG_CACHE_HOME", ".cache"), "huggingface", "hub"))
	b.add(HuggingFace, 0, filepath.Join(b.home, ".cache", "huggingface", "hub"))

	b.add(GPT4All, 0, filepath.Join(b.data(), "nomic.ai", "GPT4All"))

	for _, name := range []string{"Jan", "jan.ai.app"} {
		settings, _ := readFile(filepath.Join(b.roaming(), name, "settings.json"), maxSettings)
		if data := b.expand(parseSetting(settings, "data_folder")); data != "" {
			b.add(Jan, 0, filepath.Join(data, "llamacpp", "models"))
		}
	}
	b.add(Jan, 0, filepath.Join(b.roaming(), "Jan", "data", "llamacpp", "models"))

	b.add(LlamaCpp, 0, b.expand(b.getenv("LLAMA_CACHE")))
	b.add(LlamaCpp, 0, filepath.Join(b.cache(), "llama.cpp"))
}

// parseSetting returns the text that a JSON object has under a key, "" if there is none.
func parseSetting(data []byte, key string) string {
	var object map[string]json.RawMessage
	var text string
	if json.Unmarshal(data, &object) != nil || json.Unmarshal(object[key], &text) != nil || strings.ContainsRune(text, 0) {
		return ""
	}
	return text
}

var downloadDir = regexp.MustCompile(`(?m)^[ \t]*XDG_DOWNLOAD_DIR="((?:[^"\\\n]|\\.)*)"[ \t]*$`)

// parseUserDirs returns the folder for downloads that a user-dirs.dirs names, which has another name in every
// language. It is a line of a shell script.
func parseUserDirs(data []byte, home string) string {
	m := downloadDir.FindSubmatch(data)
	if m == nil {
		return ""
	}
	path := strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\$`, `$`, "\\`", "`").Replace(string(m[1]))
	if rest, ok := strings.CutPrefix(path, "$HOME/"); ok {
		path = filepath.Join(home, rest)
	}
	if !filepath.IsAbs(path) || strings.ContainsRune(path, 0) || filepath.Clean(path) == filepath.Clean(home) {
		return "" // the home folder stands for having none
	}
	return path
}
