package claim

import "regexp"

// phrase is a family of words that need a reason to stand in a text.
type phrase struct {
	code  string
	words *regexp.Regexp // over folded text
	text  string
	// facts says that only a fact is a reason; else the instructions are one.
	facts bool
	// always says that it is an error in plans, too.
	always bool
}

// phrases are all families.
var phrases = []phrase{
	{code: "promise", facts: true, text: "This promises something that no fact supports.", words: regexp.MustCompile(
		`\b(?:guarantee(?:s|d|ing)?|warrant(?:y|ies|ed)?|risk[- ]?free|no[- ]risk|zero risk|money[- ]back|can(?:not|'t) (?:fail|lose)|never fails?|fool[- ]?proof|we (?:can )?promise|i promise|promise you|will definitely|without (?:any )?fail|full refund|refund(?:s|ed|able)?|binding offer|hereby|legally binding)\b`)},
	{code: "promise", facts: true, text: "This is a medical promise.", words: regexp.MustCompile(
		`\b(?:cures?|cured|heals?|healed|clinically|doctor[- ]approved|fda|diagnos(?:e|es|is|ed)|side effects?|miracle|lose weight|pain[- ]free|anti[- ]?ageing|anti[- ]?aging|treats? (?:your|the|any|all)|immune system|medically)\b`)},
	{code: "promise", facts: true, text: "This is a legal promise.", words: regexp.MustCompile(
		`\b(?:legal advice|legally (?:safe|protected|guaranteed|required|obliged|compliant)|win (?:your|the|any) case|fully compliant|(?:gdpr|hipaa|soc ?2|iso|pci)[- ]?(?:[\p{N}]+ )?(?:compliant|certified|ready)|compliant with|tax[- ](?:free|exempt|advice)|avoid (?:paying )?tax(?:es)?|immune from|no liability|waive (?:your|all|any))\b`)},
	{code: "promise", facts: true, text: "This is a financial promise.", words: regexp.MustCompile(
		`\b(?:returns? of|(?:guaranteed|high|huge|quick|steady|risk-free) (?:returns?|profits?|income|yield)|get rich|rich quick|investment (?:advice|opportunity)|(?:will|you'll|to) (?:earn|profit|make (?:money|a fortune))|make money|passive income|interest[- ]free|pays? for itself|no cost to you|roi of|(?:your|the) money (?:back|doubled))\b`)},
	{code: "promise", text: "This offers terms that nobody has named.", words: regexp.MustCompile(
		`\b(?:discount(?:s|ed)?|for free|free (?:of charge|trial|month|year|upgrade|forever)|at no (?:extra |additional )?(?:cost|charge)|half[- ]price|price cut|cheaper|coupon|voucher|promo(?:tion)? code|waived?|we (?:will|shall|can) (?:pay|refund|transfer|reimburse|cover|cancel|terminate|sign|accept)|we (?:agree|accept|commit)|i (?:agree|accept) (?:to|your)|deal is (?:done|closed)|contract is)\b`)},
	{code: "promise", text: "This presses for a reason that nobody has named.", words: regexp.MustCompile(
		`\b(?:act now|last chance|only (?:today|this week)|limited[- ]time|limited offer|expires? (?:today|tonight|tomorrow|soon)|offer ends|final notice|before it's too late|while (?:stocks|supplies) last)\b`)},
	{code: "bait", always: true, text: "Nobody is asked for this in a text of ours.", words: regexp.MustCompile(
		`\b(?:passwords?|pass ?code|pass ?phrase|log[- ]?in (?:details|data|here|at|with)|credentials?|one[- ]time (?:code|password)|otp|pin (?:code|number)|security code|verification code|credit card|card (?:number|details)|cvv|iban|swift|bank(?:ing)? (?:details|account|data|transfer)|account (?:number|details)|routing number|wire (?:transfer|the|us|money|funds)|send (?:us )?money|payment details|pay(?:ment)? (?:to|into) (?:the|this|our) (?:new )?account|gift ?cards?|bitcoin|btc|crypto(?:currency)?|ethereum|wallet|seed phrase|private key|api key|social security|passport|id card|date of birth|remote (?:access|desktop|session)|anydesk|teamviewer|install (?:the|this|our)|download (?:the|this|our|it)|run (?:the|this) (?:file|command|script)|attach(?:ed|ment|ments)|enclosed|open the (?:file|document)|click (?:here|this|the|on|below)|follow (?:the|this) link|scan (?:the|this)|qr code|verify your|confirm your (?:account|identity|details|address|password)|invoices?|overdue|new (?:bank|account|payment)|forward (?:this|all|the|your)|bcc|reply with your|call (?:this|the) number|text (?:us|me) (?:at|on)|whatsapp|telegram)\b`)},
	{code: "claim", text: "This is a claim that no fact supports.", words: regexp.MustCompile(
		`\b(?:trusted by|used by|chosen by|loved by|relied on by|award(?:s|ed)?(?:[- ]winning)?|market[- ]lead(?:er|ing)|industry[- ]lead(?:er|ing)|leading (?:provider|supplier|company|platform)|(?:number|no\.?) one|world[- ]class|best[- ]in[- ]class|unrivall?ed|certified|accredited|patented|featured (?:in|on|by)|as seen (?:in|on)|endorsed|recommended by|backed by|partner(?:s|ed|ship)? (?:of|with)|studies (?:show|prove)|research (?:shows|proves)|statistics|surveys? shows?|experts? (?:agree|say|recommend)|proven|voted|five[- ]star|our (?:other )?(?:clients|customers|users) (?:\p{L}+ )?(?:are|have|see|saw|say|report|reported|save|saved|get|got|love|gain|gained|cut|grew|increase|increased|reduce|reduced)|most (?:of our )?(?:clients|customers|companies)|(?:clients|customers|companies|brands|teams|businesses|firms) (?:such as|like|including))\b`)},
	{code: "machine", always: true, text: "These are words of a machine, or for one.", words: regexp.MustCompile(
		`\b(?:system prompt|as an? (?:ai|artificial|large language)|language model|i(?:'m| am) (?:an ai|a bot|an assistant)|ignore (?:all|any|the|previous|prior|above|your)|disregard (?:all|any|the|previous|prior|above|your)|previous instructions|prior instructions|my instructions|new instructions|chatgpt|openai|anthropic|jailbreak|prompt injection|developer mode|do anything now|data-[0-9a-z]{6,}|simulated answer|\[(?:address|phone|name)-[0-9]+\]|begin (?:system|prompt)|end of (?:system|prompt)|pwned|hacked|injected)\b`)},
}

// quantity is an amount in words.
var quantity = regexp.MustCompile(`\b(?:half|halve[sd]?|doubl(?:e|es|ed|ing)|twice|tripl(?:e|es|ed|ing)|quadrupl(?:e|es|ed)|\p{L}+fold|dozens?|hundreds?|thousands?|millions?|billions?|two[- ]thirds|three[- ]quarters|one[- ]third|a third of|a quarter of|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|[\p{L}-]+ (?:percent|per cent)|(?:two|three|four|five|six|seven|eight|nine|ten) (?:times|clients|customers|companies|years|days|weeks|months|hours|euros|dollars|pounds))\b`)

// claims are the verbs of a sentence that says something of others.
var claims = regexp.MustCompile(`\b(?:clients?|customers?|cho[os]se|chosen|uses?|used|using|trusts?|trusted|saved?|saves|reduced?|reduces|increased?|grew|grows?|cut|switched|achieved?|gained?|helped|worked with|works with|partner(?:s|ed)?|supplies|supplied|delivered|testimonial|says|said|recommends?|relies|signed|joined|acquired|endorses?)\b`)

// result says what somebody gained by us.
var result = regexp.MustCompile(`\b(?:saved|reduced|increased|grew|cut|doubled|tripled|halved|achieved|gained|switched|improved|boosted)\b.*\b(?:with us|thanks to us|with our|using our|thanks to our|by (?:working|switching))\b|\bwe (?:have )?(?:helped|saved|supplied|worked with|delivered (?:for|to)|built for)\b`)

// others says of others that they chose us; ours is a sentence of ours, or of
// the reader.
var (
	others = regexp.MustCompile(`^(?:\S+ ){1,4}(?:chose|choose|chooses|trusts?|trusted|switched|saved|relies|rely|swears?|uses?|loves?|prefers?|recommends?)\b.*\b(?:us|our|ours)\b`)
	ours   = regexp.MustCompile(`^(?:and |but |so |if |when |as )?(?:you|we|i|your|our team|please|let)\b`)
)

// company is a name with a legal form.
var company = regexp.MustCompile(`(\p{Lu}[\p{L}\p{N}&-]*),? (?:GmbH|AG|Ltd|LLC|Inc|Corp|PLC|plc|Limited|Corporation|Holdings?|SARL|BV|Oy)\b`)
