using System.Text;
using Posthorn.Core.Accounts;

namespace Posthorn.Server.Imap.Listing;

/// <summary>The QUOTA response.</summary>
/// <remarks>RFC 9208 §4.2.1: resources without a limit are not named. STORAGE is in units of 1024 octets (RFC 9208 §5.1), what is begun counts.</remarks>
internal static class QuotaResponse
{
    private const long Unit = 1024;

    // quota-response = "QUOTA" SP quota-root-name SP quota-list     RFC 9208 §7
    public static void Write(ImapResponseWriter writer, Account account)
    {
        writer.Write("* QUOTA "u8);
        writer.String(Encoding.UTF8.GetBytes(account.Address));
        writer.Write(" ("u8);
        if (account.QuotaBytes is { } bytes)
        {
            Resource(writer, "STORAGE "u8, (account.UsedBytes + Unit - 1) / Unit, bytes / Unit);
        }

        if (account.QuotaMessages is { } messages)
        {
            writer.Write(account.QuotaBytes is null ? ""u8 : " "u8);
            Resource(writer, "MESSAGE "u8, account.MessageCount, messages);
        }

        writer.Line(")"u8);
    }

    private static void Resource(ImapResponseWriter writer, ReadOnlySpan<byte> name, long used, long limit)
    {
        writer.Write(name);
        writer.Number(used);
        writer.Space();
        writer.Number(limit);
    }
}
