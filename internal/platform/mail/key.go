package mail

import (
	"strings"

	"golang.org/x/net/idna"
)

// AddressKey is the form in which addresses are compared and looked up: lower
// case, without the part after "+", the domain in ASCII and without trailing
// dots. It is "" when address is not an address. Dots in the local part count.
func AddressKey(address string) string {
	address = strings.ToLower(strings.Trim(strings.TrimSpace(address), "<>"))
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || len(address) > 320 {
		return ""
	}
	local := strings.Trim(address[:at], `"`)
	if plus := strings.IndexByte(local, '+'); plus > 0 {
		local = local[:plus]
	}
	local = strings.TrimRight(local, ".")
	domain := asciiDomain(address[at+1:])
	if local == "" || domain == "" || strings.ContainsFunc(local, badInLocal) {
		return ""
	}
	return local + "@" + domain
}

// Domain returns the domain of an address in the form of AddressKey, "" when
// there is none.
func Domain(address string) string {
	key := AddressKey(address)
	return key[strings.LastIndexByte(key, '@')+1:]
}

func badInLocal(c rune) bool {
	return c <= ' ' || c == 0x7f || c == 0xfffd || strings.ContainsRune(`@<>()[],;:\"`, c)
}

// asciiDomain returns "" for what cannot be a domain.
func asciiDomain(domain string) string {
	domain = strings.TrimRight(strings.TrimSpace(domain), ".")
	if strings.HasPrefix(domain, "[") && strings.HasSuffix(domain, "]") {
		return literalDomain(domain)
	}
	if !isASCII(domain) {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			return ""
		}
		domain = ascii
	}
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, badInLabel) {
			return ""
		}
	}
	if len(domain) > 253 {
		return ""
	}
	return domain
}

func badInLabel(c rune) bool {
	return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_'
}

// literalDomain accepts "[192.0.2.1]" and "[ipv6:…]".
func literalDomain(domain string) string {
	inner := domain[1 : len(domain)-1]
	if inner == "" || strings.Trim(inner, "0123456789abcdefipv.:") != "" {
		return ""
	}
	return domain
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// FreeMail reports whether anyone can get an address at domain, so that the
// domain says nothing about a person's company.
func FreeMail(domain string) bool {
	domain = strings.ToLower(strings.TrimRight(domain, "."))
	switch domain {
	case "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "hotmail.it",
		"hotmail.es", "live.com", "live.co.uk", "live.fr", "live.nl", "msn.com", "passport.com", "outlook.de", "outlook.fr",
		"yahoo.com", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.it", "yahoo.es", "yahoo.ca", "yahoo.co.in", "yahoo.co.jp",
		"yahoo.com.au", "yahoo.com.br", "ymail.com", "rocketmail.com", "aol.com", "aim.com", "netscape.net", "compuserve.com",
		"icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com", "protonmail.ch", "pm.me", "tutanota.com", "tuta.io",
		"gmx.de", "gmx.net", "gmx.com", "gmx.at", "gmx.ch", "web.de", "freenet.de", "t-online.de", "arcor.de", "mail.de", "posteo.de",
		"mailbox.org", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it", "tiscali.it",
		"alice.it", "tin.it", "bigpond.com", "optusnet.com.au", "btinternet.com", "ntlworld.com", "virginmedia.com", "sky.com",
		"talktalk.net", "blueyonder.co.uk", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net",
		"charter.net", "earthlink.net", "mindspring.com", "juno.com", "rogers.com", "shaw.ca", "sympatico.ca", "mail.ru", "bk.ru",
		"inbox.ru", "list.ru", "yandex.ru", "yandex.com", "rambler.ru", "ukr.net", "qq.com", "163.com", "126.com", "sina.com",
		"foxmail.com", "naver.com", "hanmail.net", "daum.net", "rediffmail.com", "mail.com", "email.com", "usa.net", "excite.com",
		"lycos.com", "hushmail.com", "fastmail.com", "fastmail.fm", "zoho.com", "zohomail.com", "inbox.com", "wp.pl", "o2.pl",
		"onet.pl", "interia.pl", "seznam.cz", "centrum.cz", "eircom.net", "telenet.be", "skynet.be", "ziggo.nl", "kpnmail.nl",
		"xs4all.nl", "planet.nl", "bluewin.ch", "terra.com.br", "uol.com.br", "bol.com.br", "hey.com", "duck.com":
		return true
	}
	return false
}
