package ui

import (
	"fyne.io/fyne/v2/lang"

	"lamplight/assets/starter"
)

// optionName is what an option is called on its card, and how the sentence at the top of the page says it.
type optionName struct{ label, told string }

// optionNames are those of the options that assets has, by group and ID, in the window's language. A test holds the two
// together.
func optionNames() map[string]map[string]optionName {
	return map[string]map[string]optionName{
		starter.Heroes: {
			"fox":       {lang.L("Fox"), lang.L("a little fox")},
			"mouse":     {lang.L("Mouse"), lang.L("a small mouse")},
			"bear":      {lang.L("Bear"), lang.L("a round bear")},
			"rabbit":    {lang.L("Rabbit"), lang.L("a quick rabbit")},
			"owl":       {lang.L("Owl"), lang.L("a young owl")},
			"cat":       {lang.L("Cat"), lang.L("a striped cat")},
			"hedgehog":  {lang.L("Hedgehog"), lang.L("a shy hedgehog")},
			"dragon":    {lang.L("Dragon"), lang.L("a small dragon")},
			"knight":    {lang.L("Knight"), lang.L("a brave knight")},
			"princess":  {lang.L("Princess"), lang.L("a clever princess")},
			"robot":     {lang.L("Robot"), lang.L("a friendly robot")},
			"pirate":    {lang.L("Pirate"), lang.L("a gentle pirate")},
			"wizard":    {lang.L("Wizard"), lang.L("a forgetful wizard")},
			"astronaut": {lang.L("Astronaut"), lang.L("a young astronaut")},
		},
		starter.Companions: {
			"firefly": {lang.L("Firefly"), lang.L("a firefly")},
			"teddy":   {lang.L("Teddy bear"), lang.L("a teddy bear")},
			"cloud":   {lang.L("Small cloud"), lang.L("a small cloud")},
			"snail":   {lang.L("Snail"), lang.L("a wise snail")},
			"puppy":   {lang.L("Puppy"), lang.L("a puppy")},
			"lantern": {lang.L("Lantern"), lang.L("a talking lantern")},
			"frog":    {lang.L("Frog"), lang.L("a singing frog")},
			"moth":    {lang.L("Moth"), lang.L("a white moth")},
			"kite":    {lang.L("Kite"), lang.L("a paper kite")},
			"boat":    {lang.L("Paper boat"), lang.L("a paper boat")},
		},
		starter.Place: {
			"forest":     {lang.L("Forest"), lang.L("in the old forest")},
			"lighthouse": {lang.L("Lighthouse"), lang.L("in a lighthouse by the sea")},
			"castle":     {lang.L("Castle"), lang.L("in a sleepy castle")},
			"garden":     {lang.L("Garden"), lang.L("in a moonlit garden")},
			"mountain":   {lang.L("Mountain"), lang.L("on a snowy mountain")},
			"island":     {lang.L("Island"), lang.L("on a small island")},
			"village":    {lang.L("Village"), lang.L("in a village by the river")},
			"library":    {lang.L("Library"), lang.L("in a library at night")},
			"meadow":     {lang.L("Meadow"), lang.L("on a wide meadow")},
			"moon":       {lang.L("Moon"), lang.L("on the quiet moon")},
			"train":      {lang.L("Night train"), lang.L("on a night train")},
			"market":     {lang.L("Lantern market"), lang.L("at a lantern market")},
		},
		starter.Theme: {
			"friendship": {lang.L("Friendship"), lang.L("on friendship")},
			"courage":    {lang.L("Courage"), lang.L("on being brave")},
			"sharing":    {lang.L("Sharing"), lang.L("on sharing")},
			"dark":       {lang.L("The dark"), lang.L("on being afraid of the dark")},
			"patience":   {lang.L("Patience"), lang.L("on waiting patiently")},
			"kindness":   {lang.L("Kindness"), lang.L("on being kind")},
			"curiosity":  {lang.L("Curiosity"), lang.L("on being curious")},
			"sorry":      {lang.L("Saying sorry"), lang.L("on saying sorry")},
			"missing":    {lang.L("Missing somebody"), lang.L("on missing somebody")},
			"trying":     {lang.L("Trying again"), lang.L("on trying again")},
		},
		starter.Mood: {
			"calm":        {lang.L("Calm"), lang.L("calm")},
			"funny":       {lang.L("Funny"), lang.L("funny")},
			"adventurous": {lang.L("Adventurous"), lang.L("adventurous")},
			"magical":     {lang.L("Magical"), lang.L("magical")},
			"cosy":        {lang.L("Cosy"), lang.L("cosy")},
			"mysterious":  {lang.L("Mysterious"), lang.L("mysterious")},
		},
		starter.Twist: {
			"monster":  {lang.L("The monster is shy"), lang.L("where the monster is only shy")},
			"smallest": {lang.L("The smallest helps most"), lang.L("where the smallest one helps most")},
			"door":     {lang.L("A hidden door"), lang.L("with a hidden door")},
			"wind":     {lang.L("It was only the wind"), lang.L("where it was only the wind")},
			"map":      {lang.L("The map is upside down"), lang.L("where the map is upside down")},
			"gift":     {lang.L("The gift comes back"), lang.L("where a gift comes back")},
			"moonhelp": {lang.L("The moon helps"), lang.L("where the moon helps")},
			"dream":    {lang.L("Was it a dream?"), lang.L("and perhaps it was a dream")},
		},
		starter.Listener: {
			"small":    {lang.L("Small children (2 to 3)"), lang.L("for small children")},
			"children": {lang.L("Children (4 to 6)"), lang.L("for children")},
			"older":    {lang.L("Older children (7 to 9)"), lang.L("for older children")},
			"grown":    {lang.L("Grown-ups"), lang.L("for grown-ups")},
		},
		starter.Length: {
			"short":  {lang.L("Short"), lang.L("about 1 minute long")},
			"medium": {lang.L("Medium"), lang.L("about 2 minutes long")},
			"long":   {lang.L("Long"), lang.L("about 3 minutes long")},
		},
	}
}

// groupNames are the names of the groups, and what the field for something of one's own hints at.
func groupNames() map[string]optionName {
	return map[string]optionName{
		starter.Heroes:     {lang.L("Heroes"), lang.L("A name, or a name with what it is: Otto the hedgehog")},
		starter.Companions: {lang.L("Companions"), lang.L("Who goes along: a talking teapot")},
		starter.Place:      {lang.L("Place"), lang.L("Where it happens: grandma's garden")},
		starter.Theme:      {lang.L("What it is about"), lang.L("What it is about: losing a tooth")},
		starter.Mood:       {lang.L("Mood"), ""},
		starter.Twist:      {lang.L("A twist"), ""},
		starter.Listener:   {lang.L("Who listens"), lang.L("A name: Mia")},
		starter.Length:     {lang.L("How long"), ""},
	}
}
