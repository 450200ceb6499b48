// Package house has no code: its tests hold the project to the rules of its own making, which no compiler
// knows. They say which package may import which, keep the network out, and try the script that prepares a
// machine on fake ones.
package house
