package privacy

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/windows"
)

// checks tries to connect to this computer itself. Windows makes every socket and refuses, to a package without
// the right, that it is connected.
func checks() []Check {
	var data windows.WSAData
	if err := windows.WSAStartup(2<<8|2, &data); err != nil {
		return []Check{{Name: "TCP over IPv4", Want: refused, Got: allowed, Answer: "WSAStartup: " + err.Error()}}
	}
	defer windows.WSACleanup()
	return []Check{
		attempt("TCP over IPv4", windows.AF_INET, windows.SOCK_STREAM, &windows.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}}),
		attempt("TCP over IPv6", windows.AF_INET6, windows.SOCK_STREAM, &windows.SockaddrInet6{Port: 9, Addr: [16]byte{15: 1}}),
	}
}

func attempt(name string, domain, kind int, to windows.Sockaddr) Check {
	c := Check{Name: name, Want: refused, Got: allowed}
	s, err := windows.Socket(domain, kind, 0)
	if err != nil {
		c.Got, c.Answer, c.OK = refused, "socket: "+err.Error(), true
		return c
	}
	defer windows.Closesocket(s)
	switch err = windows.Connect(s, to); {
	case errors.Is(err, windows.WSAEACCES):
		c.Got, c.Answer, c.OK = refused, "connect: WSAEACCES", true
	case err != nil:
		c.Answer = "connect: " + err.Error()
	default:
		c.Answer = "connect: done"
	}
	return c
}

// Classes of what a token tells, which package windows has no names for.
const (
	tokenIsAppContainer = 29
	tokenCapabilities   = 30
)

// networkRights are those of a package to reach a network: internetClient, internetClientServer and
// privateNetworkClientServer.
var networkRights = []string{"S-1-15-3-1", "S-1-15-3-2", "S-1-15-3-3"}

// container reports whether this process runs in an AppContainer without a right to a network, and what Windows
// said.
func container() (closed bool, answer string) {
	token := windows.GetCurrentProcessToken()
	var is, n uint32
	if err := windows.GetTokenInformation(token, tokenIsAppContainer, (*byte)(unsafe.Pointer(&is)), uint32(unsafe.Sizeof(is)), &n); err != nil {
		return false, "TokenIsAppContainer: " + err.Error()
	}
	if is == 0 {
		return false, "TokenIsAppContainer: 0"
	}
	if err := windows.GetTokenInformation(token, tokenCapabilities, nil, 0, &n); !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) {
		return false, fmt.Sprintf("TokenCapabilities: %v", err)
	}
	groups := make([]uint64, (n+7)/8) // words, so that it is aligned
	if err := windows.GetTokenInformation(token, tokenCapabilities, (*byte)(unsafe.Pointer(&groups[0])), n, &n); err != nil {
		return false, "TokenCapabilities: " + err.Error()
	}
	for _, g := range (*windows.Tokengroups)(unsafe.Pointer(&groups[0])).AllGroups() {
		if sid := g.Sid.String(); slices.Contains(networkRights, sid) {
			return false, "TokenCapabilities: " + sid
		}
	}
	return true, "TokenIsAppContainer: 1, no right to a network"
}

func system() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("%s/%s, Windows %d.%d.%d", runtime.GOOS, runtime.GOARCH, v.MajorVersion, v.MinorVersion, v.BuildNumber)
}
