using System.Text;
using Ascii = Posthorn.Standards.Ascii;

namespace Posthorn.Server.Imap.Commands;

/// <summary>ID: who the client says it is, and who the server is. For the owner's list of devices and bug reports, never for behaviour.</summary>
/// <param name="Client">Name and version; null: it did not say.</param>
/// <remarks>RFC 2971 §3.1.</remarks>
internal sealed record Id(string? Client) : IImapCommand<Id>
{
    // RFC 2971 §3.3
    private const int MaxFields = 30;
    private const int MaxFieldName = 30;
    private const int MaxValue = 1024;

    /// <summary>Characters of a client's name that are kept.</summary>
    private const int MaxClient = 100;

    private static readonly byte[] Ours = Encoding.ASCII.GetBytes(
        $"* ID (\"name\" \"Posthorn\" \"version\" \"{typeof(Id).Assembly.GetName().Version?.ToString(3)}\")");

    // id = "ID" SP id-params-list; id-params-list = "(" #(string SPACE nstring) ")" / nil     RFC 2971 §4
    public static Id Parse(ref ImapReader reader)
    {
        reader.Space();
        if (reader.TryKeyword("NIL"u8))
        {
            return new Id(Client: null);
        }

        string? name = null, version = null;
        reader.Expect((byte)'(');
        for (int fields = 0; !reader.TryRead((byte)')'); fields++)
        {
            if (fields > 0)
            {
                reader.Space();
            }

            ReadOnlySpan<byte> field = reader.String();
            bool isLong = field.Length > MaxFieldName, isName = Ascii.EqualsIgnoreCase(field, "name"u8), isVersion = Ascii.EqualsIgnoreCase(field, "version"u8);
            reader.Space();
            bool hasValue = reader.TryNString(out ReadOnlySpan<byte> value);
            isLong |= hasValue && value.Length > MaxValue;
            if (isLong || fields == MaxFields)
            {
                throw new ImapSyntaxException("ID has too many fields, or one is too long.");
            }

            name = isName && hasValue ? Encoding.UTF8.GetString(value) : name;
            version = isVersion && hasValue ? Encoding.UTF8.GetString(value) : version;
        }

        return new Id(ClientName(name, version));
    }

    private static string? ClientName(string? name, string? version)
    {
        string text = string.Concat($"{name} {version}".Trim().Where(letter => !char.IsControl(letter)));
        return text.Length == 0 ? null : text.Length <= MaxClient ? text : text[..MaxClient];
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        session.ClientName = Client ?? session.ClientName;
        session.Writer.Line(Ours);
        return new(ImapResult.Completed);
    }
}
