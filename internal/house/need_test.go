package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machine is a fake computer for scripts/need: a folder that is all of its PATH. Its package manager writes
// down what it was asked for, and then everything is there.
type machine struct {
	system  string // what uname says; empty: Linux
	manager string // empty: none
	user    string // what id -u says; empty: 0, root
	has     string // further programs, empty ones
	lacks   string // headers that the compiler does not find
	barren  bool   // what the package manager installs does not help
}

// Programs that most of the machines have.
const (
	forBuild = "go pkg-config sudo"
	forE2E   = "Xvfb xdotool strace import dbus-daemon ip"
	headers  = "GL/gl.h X11/ wayland- xkbcommon/"
)

func TestNeed(t *testing.T) {
	for _, c := range []struct {
		name    string
		machine machine
		args    string
		want    string // the calls of package managers
		says    string // the error; empty: it succeeds
	}{
		{"all there", machine{manager: "apt-get", has: forBuild + " " + forE2E}, "build e2e", "", ""},
		{"one header", machine{manager: "apt-get", has: forBuild, lacks: "Xcursor.h"}, "build",
			"apt-get update -q\napt-get install -qy --no-install-recommends xorg-dev\n", ""},
		{"bare Debian", machine{manager: "apt-get", has: "go", lacks: "stdio.h " + headers}, "build",
			"apt-get update -q\napt-get install -qy --no-install-recommends gcc libc6-dev libgl1-mesa-dev libwayland-dev libxkbcommon-dev pkg-config xorg-dev\n", ""},
		{"bare Fedora", machine{manager: "dnf", has: "go", lacks: "stdio.h " + headers}, "build",
			"dnf install -y gcc glibc-devel libX11-devel libXcursor-devel libXi-devel libXinerama-devel libXrandr-devel libXxf86vm-devel libxkbcommon-devel mesa-libGL-devel pkgconf-pkg-config wayland-devel\n", ""},
		{"bare Arch", machine{manager: "pacman", has: "go", lacks: "stdio.h " + headers}, "build",
			"pacman -S --needed --noconfirm gcc glibc libglvnd libx11 libxcursor libxi libxinerama libxkbcommon libxrandr libxxf86vm pkgconf wayland\n", ""},
		{"end to end on Debian", machine{manager: "apt-get", has: forBuild}, "e2e",
			"apt-get update -q\napt-get install -qy --no-install-recommends dbus-daemon imagemagick iproute2 libgl1-mesa-dri strace xdotool xvfb\n", ""},
		{"end to end on Fedora", machine{manager: "dnf", has: forBuild + " strace"}, "e2e",
			"dnf install -y ImageMagick dbus-daemon iproute mesa-dri-drivers xdotool xorg-x11-server-Xvfb\n", ""},
		{"end to end on Arch", machine{manager: "pacman", has: forBuild + " import"}, "e2e",
			"pacman -S --needed --noconfirm dbus iproute2 mesa strace xdotool xorg-server-xvfb\n", ""},
		{"both at once", machine{manager: "apt-get", has: forBuild + " Xvfb xdotool import dbus-daemon ip", lacks: "xkbcommon/"}, "build e2e",
			"apt-get update -q\napt-get install -qy --no-install-recommends libxkbcommon-dev strace\n", ""},
		{"not root", machine{manager: "apt-get", user: "1000", has: forBuild, lacks: "GL/gl.h"}, "build",
			"sudo apt-get update -q\nsudo env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends libgl1-mesa-dev\n", ""},
		{"neither root nor sudo", machine{manager: "dnf", user: "1000", has: "go pkg-config", lacks: "GL/gl.h"}, "build", "", "an administrator to install them: mesa-libGL-devel"},
		{"another package manager", machine{has: forBuild, lacks: "GL/gl.h"}, "build", "", "install these yourself, they are called like this on Debian: libgl1-mesa-dev"},
		{"not helped", machine{manager: "pacman", has: forBuild, lacks: "GL/gl.h", barren: true}, "build", "pacman -S --needed --noconfirm libglvnd\n", "still missing: OpenGL"},
		{"no Go", machine{manager: "apt-get", has: "pkg-config"}, "build", "", "Go 1.26 or newer is needed"},
		{"macOS", machine{system: "Darwin", has: "go"}, "build", "", ""},
		{"macOS without a compiler", machine{system: "Darwin", has: "go", lacks: "stdio.h"}, "build", "", "xcode-select --install"},
		{"end to end on macOS", machine{system: "Darwin", has: "go"}, "e2e", "", "Linux only"},
		{"arm64 on Debian", machine{manager: "apt-get", has: forBuild}, "kernels",
			"apt-get update -q\napt-get install -qy --no-install-recommends gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user\n", ""},
		{"arm64 on Arch", machine{manager: "pacman", has: forBuild}, "kernels", "", "tested on Debian and Ubuntu: this machine lacks aarch64-linux-gnu-gcc, qemu-aarch64"},
		{"an unknown thing", machine{manager: "apt-get"}, "tea", "", "need build, e2e or kernels, not tea"},
		{"nothing", machine{manager: "apt-get"}, "", "", "usage: need"},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls, said, err := c.machine.need(t, strings.Fields(c.args)...)
			if calls != c.want {
				t.Errorf("it called\n%swant\n%s", calls, c.want)
			}
			switch {
			case c.says == "" && err != nil:
				t.Errorf("%v: %s", err, said)
			case c.says == "" && c.want == "" && said != "":
				t.Errorf("nothing was missing, and it said %s", said)
			case c.says != "" && (err == nil || !strings.Contains(said, c.says)):
				t.Errorf("%v, it said %swant %q", err, said, c.says)
			case c.want != "" && !strings.Contains(said, "this machine lacks "):
				t.Errorf("it did not say why: %s", said)
			}
		})
	}
}

// need runs the script on the machine.
func (m machine) need(t *testing.T, args ...string) (calls, said string, err error) {
	t.Helper()
	bin, state := t.TempDir(), t.TempDir()
	add := func(name, script string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"sh", "sort", "tr", "cp"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skip("this system has no ", name)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	add("uname", "echo "+or(m.system, "Linux"))
	add("id", "echo "+or(m.user, "0"))
	add("env", `shift && "$@"`)
	add("cc", `[ -e "$STATE/installed" ] && exit 0
while read -r line; do
	for header in $LACKS; do
		case $line in *"$header"*) exit 1 ;; esac
	done
done`)
	writeDown := `echo "${0##*/} $*" >>"$STATE/calls"
case "$*" in *nstall* | -S*) [ -n "$BARREN" ] || {
	: >"$STATE/installed"
	for name in pkg-config Xvfb xdotool strace import dbus-daemon ip aarch64-linux-gnu-gcc qemu-aarch64; do cp "$STATE/empty" "$BIN/$name"; done
} ;; esac`
	if m.manager != "" {
		add(m.manager, writeDown)
	}
	for name := range strings.FieldsSeq(m.has) {
		add(name, "")
	}
	if strings.Contains(m.has, "sudo") {
		add("sudo", writeDown)
	}
	if err := os.WriteFile(filepath.Join(state, "empty"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	barren := ""
	if m.barren {
		barren = "1"
	}
	c := exec.Command("/bin/sh", append([]string{root(t, "scripts", "need")}, args...)...)
	c.Env = []string{"PATH=" + bin, "BIN=" + bin, "STATE=" + state, "LACKS=" + m.lacks, "BARREN=" + barren}
	out, err := c.CombinedOutput()
	called, _ := os.ReadFile(filepath.Join(state, "calls")) // absent when nothing was called
	return string(called), string(out), err
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// root returns the path of something in the checkout, seen from this package.
func root(t *testing.T, parts ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(append([]string{"..", ".."}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
