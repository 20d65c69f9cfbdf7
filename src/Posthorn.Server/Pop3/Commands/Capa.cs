using System.Buffers;
using System.Text;

namespace Posthorn.Server.Pop3.Commands;

/// <summary>CAPA: what this server can do, here and now (RFC 2449 §5).</summary>
internal sealed record Capa : IPop3Command
{
    public static IPop3Command Parse(Pop3Arguments arguments)
    {
        arguments.None("CAPA");
        return new Capa();
    }

    public ValueTask<Pop3Reply> RunAsync(Pop3Session session, CancellationToken cancel)
    {
        var output = session.Connection.Output;
        output.Write("+OK what can be said\r\n"u8);
        foreach (string capability in Of(session.Connection.IsTls, session.Connection.CanStartTls, Auth.Offered(session)))
        {
            Encoding.ASCII.GetBytes(capability + "\r\n", output);
        }

        output.Write(".\r\n"u8);
        return new(Pop3Reply.Written);
    }

    /// <param name="mechanisms">SASL mechanisms of this connection.</param>
    internal static IEnumerable<string> Of(bool isTls, bool canStartTls, IEnumerable<string> mechanisms)
    {
        yield return "TOP"; // RFC 2449 §6.1
        yield return "UIDL"; // RFC 2449 §6.8
        yield return "RESP-CODES"; // RFC 2449 §6.4
        yield return "AUTH-RESP-CODE"; // RFC 3206 §6
        yield return "PIPELINING"; // RFC 2449 §6.6
        yield return "EXPIRE NEVER"; // RFC 2449 §6.7
        yield return "UTF8 USER"; // RFC 6856 §2
        yield return "LANG"; // RFC 6856 §3
        yield return "IMPLEMENTATION Posthorn"; // RFC 2449 §6.9
        if (isTls)
        {
            yield return "USER"; // RFC 2449 §6.2
            yield return $"SASL {string.Join(' ', mechanisms)}"; // RFC 5034 §3
        }
        else if (canStartTls)
        {
            yield return "STLS"; // RFC 2595 §4
        }
    }
}
