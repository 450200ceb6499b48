// Lamplight is a private chat and writing assistant that runs small language models on one's own computer.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/adrg/xdg"

	"lamplight/assets/starter/model"
	"lamplight/assistant"
	"lamplight/library"
	"lamplight/privacy"
	"lamplight/ui"
)

const version = "0.1.0"

// gcPercent is how much the heap grows until garbage is collected. Most of it has no pointers, so collecting is quick.
const gcPercent = 25

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "lamplight:", err)
		os.Exit(1)
	}
}

func run() error {
	debug.SetGCPercent(gcPercent)
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: lamplight [flags] [file or folder to open …]")
		flag.PrintDefaults()
	}
	remote := flag.Bool("allow-remote-display", false, "leave the network open, for a display that is reached over it")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *showVersion {
		fmt.Println("lamplight", version)
		return nil
	}
	files, err := absolute(flag.Args())
	if err != nil {
		return err
	}
	closeNetwork := privacy.Seal
	if *remote {
		closeNetwork = privacy.SealExceptNetwork
	}
	seal, sealErr := closeNetwork() // before anything else can open a socket
	if seal.Enforced {
		if err := privacy.CheckDisplay(os.Getenv); err != nil {
			return err
		}
	}
	logPath := filepath.Join(xdg.StateHome, "lamplight", "lamplight.log")
	log, logFile, err := openLog(logPath)
	if err != nil {
		return err
	}
	defer logFile.Close()
	log.Info("start", "version", version, "sealed", seal.Enforced, "by", seal.Mechanism)
	if sealErr != nil {
		log.Error("the seal is not complete", "error", sealErr)
	}

	if err := os.MkdirAll(xdg.CacheHome, 0o700); err != nil { // the window system's own files need it
		return err
	}
	data := filepath.Join(xdg.DataHome, "lamplight")
	show, release, alone := first(data, files, log)
	defer release()
	if !alone {
		log.Info("the window of the other instance was shown")
		return nil
	}
	models := filepath.Join(data, "models")
	lib, err := library.Open(models)
	if err != nil {
		return err
	}
	if err := lib.Bring(model.GGUF(), model.Made().SHA256); err != nil {
		log.Warn("the starter is not in the library", "error", err)
	}
	settingsPath := filepath.Join(data, "settings.json")
	settings, err := assistant.LoadSettings(settingsPath)
	if err != nil {
		log.Warn("the settings are those of a new user", "error", err)
	}
	return ui.Run(ui.Options{
		Version: version, Library: lib, Cache: filepath.Join(xdg.CacheHome, "lamplight", "packed"), Show: show, Files: files,
		Open: vaultOpener(data, log), Sleep: privacy.WatchSleep,
		Settings: settings, SettingsPath: settingsPath, SettingsError: err, Seal: seal, VaultDir: data, Models: models, LogPath: logPath, Log: log,
	})
}
