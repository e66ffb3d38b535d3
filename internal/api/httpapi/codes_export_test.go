package httpapi

// Explanations are the texts by code.
func Explanations() map[string]string { return explanations }
