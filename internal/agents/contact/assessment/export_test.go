package assessment

// NightNow does what the job of a workspace does.
var NightNow = (*Service).night
