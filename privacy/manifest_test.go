package privacy

import (
	"encoding/xml"
	"os"
	"testing"
)

// The package for Windows asks for no right at all, so for none to a network, and for a container.
func TestManifest(t *testing.T) {
	data, err := os.ReadFile("../packaging/windows/AppxManifest.xml")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		XMLName      xml.Name `xml:"Package"`
		Capabilities []struct {
			Inner string `xml:",innerxml"`
		} `xml:"Capabilities"`
		Applications []struct {
			Behavior string `xml:"RuntimeBehavior,attr"`
			Trust    string `xml:"TrustLevel,attr"`
			Start    string `xml:"EntryPoint,attr"`
		} `xml:"Applications>Application"`
	}
	if err := xml.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Capabilities) > 0 {
		t.Errorf("the package asks for %v", m.Capabilities)
	}
	if len(m.Applications) != 1 {
		t.Fatalf("the package has %d programs", len(m.Applications))
	}
	if a := m.Applications[0]; a.Trust != "appContainer" || a.Behavior != "packagedClassicApp" || a.Start != "" {
		t.Errorf("the program is started as %+v", a)
	}
}
