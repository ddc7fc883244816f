package load

import _ "time/tzdata" // the host may have no zone database
