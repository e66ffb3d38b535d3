// Package mail reads e-mail: any bytes that were ever a message become what a
// person can be shown, and what could not be shown is said in words. It keeps
// no state and knows no database; bodies of any size pass through as streams.
package mail

import (
	"io"
	"time"

	"rapport/internal/platform/mail/header"
)

// The limits of one message. What exceeds them is left out and said in
// Problems or in the note of the attachment; nothing fails because of them.
const (
	MaxPart      = 50 << 20 // bytes of one decoded attachment
	MaxText      = 1 << 20  // bytes of shown text
	MaxHTML      = 2 << 20  // bytes of HTML source that are read
	MaxDepth     = 50       // multiparts inside each other
	MaxParts     = 1000     // parts of all multiparts together
	MaxAddresses = 10_000   // addresses of all fields together
	MaxSubject   = 998      // code points
	maxProblems  = 50       // sentences in Problems
	maxFilename  = 200      // code points
)

// Address is a mailbox as written, with its decoded display name. Address is
// empty when the field held only a name; compare addresses by AddressKey.
type Address = header.Address

// Message is a mail as it can be shown. All strings are valid UTF-8 without
// control characters; only Text and HTML contain line breaks, always "\n".
type Message struct {
	MessageID  string   // without <>, "" when there is none
	InReplyTo  []string // without <>
	References []string // without <>, oldest first

	From, Sender         Address
	ReplyTo, To, Cc, Bcc []Address

	Subject string
	// SentAt is the time in UTC, zero when unknown. DateNote says what is odd
	// about it, "" when nothing is; the time is kept even when it is implausible.
	SentAt   time.Time
	DateNote string

	// Text is for display and understanding: the plain text parts, or the HTML
	// converted. HTML is a fragment that clean.HTML has sanitised, or "".
	Text, HTML  string
	Attachments []Attachment
	// Problems are sentences about what could not be shown or had to be guessed.
	Problems []string
	// Header holds the decoded first value of each field that Origin reads, by
	// canonical name.
	Header map[string]string
	// Type is the media type of the whole message, such as "multipart/report".
	Type string
	// Size counts the bytes that were read.
	Size int64
}

// Attachment is a part that is not shown as text.
type Attachment struct {
	Filename    string // never empty, without directories
	ContentType string // lower case, without parameters
	Size        int64  // decoded bytes
	Inline      bool   // meant to appear inside the HTML
	ContentID   string // without <>, for cid: links
	Ref         string // what Sink returned, "" when nothing was stored
	Digest      string // hex SHA-256 of the decoded bytes, CR ignored in text
	Note        string // what the reader should know, such as why it was refused
}

// Sink stores the decoded body of an attachment and returns a reference to it.
// When r fails the sink must store nothing and return an error that wraps r's.
// A sink's own error ends Parse.
type Sink func(r io.Reader) (ref string, size int64, err error)
