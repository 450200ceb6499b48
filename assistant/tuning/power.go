package tuning

import (
	"os"
	"path/filepath"
	"strings"
)

// powerFolder is where Linux tells of mains and batteries.
const powerFolder = "/sys/class/power_supply"

// OnBattery reports whether the computer runs on its battery. known is false where the system does not tell: where there is
// no battery and no mains, or another system.
func OnBattery() (on, known bool) { return onBattery(powerFolder) }

// onBattery reads what the kernel says of each supply (Documentation/ABI/testing/sysfs-class-power). Mains or USB that are
// online feed the computer; a battery of a mouse or a telephone, whose scope is a device, does not.
func onBattery(dir string) (on, known bool) {
	supplies, err := os.ReadDir(dir)
	if err != nil {
		return false, false
	}
	var offline, battery, discharging bool
	for _, s := range supplies {
		read := func(name string) string {
			b, _ := os.ReadFile(filepath.Join(dir, s.Name(), name))
			return strings.TrimSpace(string(b))
		}
		if read("scope") == "Device" {
			continue
		}
		switch read("type") {
		case "Mains", "USB", "Wireless":
			switch read("online") {
			case "1":
				return false, true
			case "0":
				offline = true
			}
		case "Battery":
			battery = true
			discharging = discharging || read("status") == "Discharging"
		}
	}
	return discharging || offline && battery, offline || battery
}
