namespace Posthorn.Corpus;

/// <summary>One message of tests/corpus, by its kind (folder) and name (file without ending), e.g. <c>broken/bare-cr</c>.</summary>
/// <remarks>The file is compiled into every test project that wants it; the messages are read where they lie in the source tree.</remarks>
public sealed record SampleMail(string Kind, string Name, string Path)
{
    private static readonly Lazy<IReadOnlyList<SampleMail>> Files = new(ReadFolder);

    /// <summary>Every message, ordered by kind and name.</summary>
    public static IReadOnlyList<SampleMail> All => Files.Value;

    public static IEnumerable<SampleMail> OfKind(string kind) => All.Where(mail => mail.Kind == kind);

    /// <summary>The octets of one message by <c>kind/name</c>.</summary>
    public static byte[] Octets(string title) => All.Single(mail => mail.ToString() == title).ReadOctets();

    /// <summary>A valid message of exactly <paramref name="size"/> octets with one attachment, made while it is read.</summary>
    public static Stream Large(long size) => new LargeMail(size);

    public byte[] ReadOctets() => File.ReadAllBytes(Path);

    public override string ToString() => $"{Kind}/{Name}";

    private static SampleMail[] ReadFolder()
    {
        var top = new DirectoryInfo(AppContext.BaseDirectory);
        while (top is not null && !File.Exists(System.IO.Path.Combine(top.FullName, "Posthorn.slnx")))
        {
            top = top.Parent;
        }
        string corpus = System.IO.Path.Combine(top?.FullName ?? throw new DirectoryNotFoundException("Posthorn.slnx"), "tests", "corpus");
        return [.. Directory.EnumerateFiles(corpus, "*.eml", SearchOption.AllDirectories)
            .Select(path => new SampleMail(new FileInfo(path).Directory!.Name, System.IO.Path.GetFileNameWithoutExtension(path), path))
            .OrderBy(mail => mail.ToString(), StringComparer.Ordinal)];
    }
}
