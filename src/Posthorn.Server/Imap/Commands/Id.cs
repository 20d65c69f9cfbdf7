using System.Text;

namespace Posthorn.Server.Imap.Commands;

/// <summary>ID: who the client says it is, and who the server is. For statistics and bug reports, never for behaviour.</summary>
/// <remarks>RFC 2971 §3.1.</remarks>
internal sealed record Id : IImapCommand<Id>
{
    // RFC 2971 §3.3
    private const int MaxFields = 30;
    private const int MaxFieldName = 30;
    private const int MaxValue = 1024;

    private static readonly Id Instance = new();

    private static readonly byte[] Ours = Encoding.ASCII.GetBytes(
        $"* ID (\"name\" \"Posthorn\" \"version\" \"{typeof(Id).Assembly.GetName().Version?.ToString(3)}\")");

    // id = "ID" SP id-params-list; id-params-list = "(" #(string SPACE nstring) ")" / nil     RFC 2971 §4
    public static Id Parse(ref ImapReader reader)
    {
        reader.Space();
        if (reader.TryKeyword("NIL"u8))
        {
            return Instance;
        }

        reader.Expect((byte)'(');
        for (int fields = 0; !reader.TryRead((byte)')'); fields++)
        {
            if (fields > 0)
            {
                reader.Space();
            }

            bool isLong = reader.String().Length > MaxFieldName;
            reader.Space();
            isLong |= reader.TryNString(out ReadOnlySpan<byte> value) && value.Length > MaxValue;
            if (isLong || fields == MaxFields)
            {
                throw new ImapSyntaxException("ID has too many fields, or one is too long.");
            }
        }

        return Instance;
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        session.Writer.Line(Ours);
        return new(ImapResult.Completed);
    }
}
