"""All sections: importing them fills rows.ROWS, in this order."""
import a_processes
import b_proc
import c_ports
import d_sockets
import d_helper
import e_credentials
import e_leftovers
import f_escapes
import f_system_calls
import g_exhaustion
import h_faults
import p_works
