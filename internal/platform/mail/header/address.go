package header

// Address is a mailbox with its decoded display name. Address is empty when
// the field held only a name.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}
