package discover

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

const maxManifest = 4 << 20 // bytes; one that lists every tensor of a large model has some hundred thousand

// manifest lists what belongs to a model in Ollama's store.
type manifest struct {
	config layer
	layers []layer
}

// layer is a blob with its meaning.
type layer struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

// Media types of layers, after their common beginning.
const (
	mediaPrefix     = "application/vnd.ollama.image."
	modelLayer      = "model"
	projectorLayer  = "projector"
	adapterLayer    = "adapter"
	templateLayer   = "template"
	promptLayer     = "prompt" // what templates were called
	systemLayer     = "system"
	parametersLayer = "params"
	messagesLayer   = "messages"
	licenseLayer    = "license"
	tensorLayer     = "tensor" // one tensor of a model that is in no one file
)

// meaning is the media type without its beginning.
func (l layer) meaning() string {
	m, _ := strings.CutPrefix(l.MediaType, mediaPrefix)
	return m
}

// blob is the name of the file that has the layer, "" if the digest is none.
func (l layer) blob() string {
	hex, ok := strings.CutPrefix(l.Digest, "sha256:")
	if !ok || !isSHA256(hex) {
		return ""
	}
	return "sha256-" + hex
}

func parseManifest(data []byte) (manifest, error) {
	if len(data) > maxManifest {
		return manifest{}, fmt.Errorf("%d bytes", len(data))
	}
	var raw struct {
		Config layer   `json:"config"`
		Layers []layer `json:"layers"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return manifest{}, err
	}
	m := manifest{raw.Config, raw.Layers}
	if m.config.blob() == "" && len(m.layers) == 0 {
		return m, errors.New("it has neither a config nor layers")
	}
	for _, l := range m.layers {
		if l.blob() == "" || l.Size < 0 {
			return m, fmt.Errorf("layer %.80q with digest %.80q of %d bytes", l.MediaType, l.Digest, l.Size)
		}
	}
	return m, nil
}

// of returns the layers of a meaning.
func (m manifest) of(meaning string) []layer {
	var list []layer
	for _, l := range m.layers {
		if l.meaning() == meaning {
			list = append(list, l)
		}
	}
	return list
}

// same is equal for manifests of which the same model can be made.
func (m manifest) same() string {
	var b strings.Builder
	for _, meaning := range []string{modelLayer, adapterLayer, projectorLayer, templateLayer, promptLayer, systemLayer, parametersLayer, messagesLayer} {
		for _, l := range m.of(meaning) {
			fmt.Fprintln(&b, meaning, l.Digest, l.Size)
		}
	}
	return b.String()
}

// settings are what the config of a model says that matters here.
type settings struct {
	Format      string `json:"model_format"` // "gguf"
	RemoteHost  string `json:"remote_host"`
	RemoteModel string `json:"remote_model"`
}

func parseSettings(data []byte) settings {
	var s settings
	if json.Unmarshal(data, &s) != nil {
		return settings{} // the layers say what is needed
	}
	return s
}
