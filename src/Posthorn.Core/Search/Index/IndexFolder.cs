using System.Globalization;

namespace Posthorn.Core.Search.Index;

/// <summary>The files of segments on this node: <c>search/ACCOUNT/ID.segment</c> in the data folder.</summary>
internal sealed class IndexFolder(string dataFolder)
{
    public const string Name = "search";

    private const string Ending = ".segment";

    private readonly string _folder = Path.Combine(dataFolder, Name);

    public string Of(AccountId account) => Path.Combine(_folder, account.ToString());

    public string FileOf(AccountId account, Guid segment) => Path.Combine(Of(account), segment.ToString("N", CultureInfo.InvariantCulture) + Ending);

    public IReadOnlyList<AccountId> Accounts() => !Directory.Exists(_folder)
        ? []
        : [.. new DirectoryInfo(_folder).EnumerateDirectories()
            .Select(static folder => long.TryParse(folder.Name, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? id : 0)
            .Where(static id => id > 0).Select(static id => new AccountId(id))];

    /// <summary>Whole or not at all: a name is given to what is written.</summary>
    public static async ValueTask WriteAsync(string path, ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string begun = $"{path}.{Guid.NewGuid():N}.new";
        await File.WriteAllBytesAsync(begun, octets, cancel);
        File.Move(begun, path, overwrite: true);
    }

    /// <summary>Removes what an index no longer names, and what a killed process left behind.</summary>
    public void Keep(AccountId account, IReadOnlyList<SegmentInfo> segments)
    {
        if (!Directory.Exists(Of(account)))
        {
            return;
        }

        HashSet<string> kept = [.. segments.Select(segment => FileOf(account, segment.Id))];
        foreach (string file in Directory.EnumerateFiles(Of(account), "*" + Ending + "*").Where(file => !kept.Contains(file)))
        {
            File.Delete(file);
        }
    }

    public void Drop(AccountId account)
    {
        try
        {
            Directory.Delete(Of(account), recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // There was none.
        }
    }
}
