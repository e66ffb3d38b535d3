package secret

// Hidden is a setting that is never shown.
type Hidden string

// String tells only whether the setting is there.
func (h Hidden) String() string {
	if h == "" {
		return ""
	}
	return "xxxxx"
}
