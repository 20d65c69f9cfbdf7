using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>Every dialog of this folder and of <c>Examples</c>, where the RFCs' own examples stand, each against a server of its own.</summary>
public sealed class ImapDialogTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Imap");

    public static TheoryData<string> Dialogs => [.. Directory.EnumerateFiles(Folder, "*.dialog")
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Where(name => !name.StartsWith('_'))
        .Order(StringComparer.Ordinal)];

    public static TheoryData<string> Examples => [.. Directory.EnumerateFiles(Path.Combine(Folder, "Examples"), "*.dialog")
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Dialogs))]
    public async Task Dialog(string name)
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, name + ".dialog"));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Example(string name)
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, "Examples", name + ".dialog"));
    }
}
