package understanding

// Drain is what the job does.
var DrainNow = (*Service).drain

// AtOnce is the most questions on their way.
const AtOnce = atOnce
