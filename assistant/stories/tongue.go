package stories

// English is the language that stories are written in where nothing else is asked for.
const English = "English"

// tags are the languages that stories are told in, as models know them, with their BCP 47 tags.
var tags = map[string]string{
	"Arabic": "ar", "Chinese": "zh", "Czech": "cs", "Danish": "da", "Dutch": "nl", English: "en", "Finnish": "fi", "French": "fr",
	"German": "de", "Greek": "el", "Hebrew": "he", "Hindi": "hi", "Hungarian": "hu", "Indonesian": "id", "Italian": "it", "Japanese": "ja",
	"Korean": "ko", "Norwegian": "no", "Polish": "pl", "Portuguese": "pt", "Romanian": "ro", "Russian": "ru", "Spanish": "es", "Swedish": "sv",
	"Thai": "th", "Turkish": "tr", "Ukrainian": "uk", "Vietnamese": "vi",
}

// Tag is the BCP 47 tag of a language, "" for one that is not known.
func Tag(tongue string) string {
	if tongue == "" {
		tongue = English
	}
	return tags[tongue]
}

// Tongue is the language with a tag, such as "de" or "zh-Hans"; English for one that is not known.
func Tongue(tag string) string {
	for name, t := range tags {
		if tag == t || len(tag) > len(t) && tag[:len(t)+1] == t+"-" {
			return name
		}
	}
	return English
}
