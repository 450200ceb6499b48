// Lamplight is a private chat and writing assistant that runs small language models on one's own computer.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"

	"lamplight/assistant"
	"lamplight/library"
	"lamplight/privacy"
	"lamplight/ui"
)

const version = "0.1.0"

func main() {
	seal, sealErr := privacy.Seal() // before anything else can open a socket
	if err := run(seal, sealErr); err != nil {
		fmt.Fprintln(os.Stderr, "lamplight:", err)
		os.Exit(1)
	}
}

func run(seal privacy.Report, sealErr error) error {
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		fmt.Println("lamplight", version)
		return nil
	}
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	log, logFile, err := openLog(filepath.Join(xdg.StateHome, "lamplight", "lamplight.log"))
	if err != nil {
		return err
	}
	defer logFile.Close()
	log.Info("start", "version", version, "sealed", seal.Enforced)
	if sealErr != nil {
		log.Error("the network is not closed", "error", sealErr)
	}

	if err := os.MkdirAll(xdg.CacheHome, 0o700); err != nil { // the window system's own files need it
		return err
	}
	data := filepath.Join(xdg.DataHome, "lamplight")
	lib, err := library.Open(filepath.Join(data, "models"))
	if err != nil {
		return err
	}
	settingsPath := filepath.Join(data, "settings.json")
	settings, err := assistant.LoadSettings(settingsPath)
	if err != nil {
		log.Warn("the settings are those of a new user", "error", err)
	}
	return ui.Run(ui.Options{
		Version: version, Library: lib, Cache: filepath.Join(xdg.CacheHome, "lamplight", "packed"),
		Settings: settings, SettingsPath: settingsPath, SettingsError: err, Seal: seal, Log: log,
	})
}

// maxLog is the size at which a log is begun anew, the old one kept beside it.
const maxLog = 1 << 20

// openLog appends to the log at path. LAMPLIGHT_LOG=debug makes it talkative. No user's words go there.
func openLog(path string) (*slog.Logger, *os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, err
	}
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, nil, err
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, err
	}
	level := slog.LevelInfo
	if os.Getenv("LAMPLIGHT_LOG") == "debug" {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: level})), f, nil
}
